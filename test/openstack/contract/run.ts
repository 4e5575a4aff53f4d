import { before, describe, it } from 'node:test';
import type { Case } from './cloud.js';
import { Cloud } from './cloud.js';
import { applicationCredentialCases } from './application-credentials.js';
import { identityCases } from './identity.js';
import { identityV2Cases } from './identity-v2.js';
import { containerCases } from './containers.js';
import { listingCases } from './listings.js';
import { largeObjectCases } from './large-objects.js';
import { tempUrlCases } from './temp-urls.js';
import { objectCases } from './objects.js';
import type { Target } from './target.js';

interface Group {
  title: string;
  cases: Case[];
  /** How many of its cases may run at once. */
  concurrency: number;
}

const groups: Group[] = [
  { title: 'identity v3', cases: identityCases, concurrency: 4 },
  { title: 'application credentials', cases: applicationCredentialCases, concurrency: 4 },
  { title: 'identity v2', cases: identityV2Cases, concurrency: 4 },
  { title: 'containers', cases: containerCases, concurrency: 4 },
  { title: 'objects', cases: objectCases, concurrency: 4 },
  { title: 'listings', cases: listingCases, concurrency: 4 },
  { title: 'temp URLs', cases: tempUrlCases, concurrency: 4 },
  { title: 'large objects', cases: largeObjectCases, concurrency: 4 },
];

/** Declares every case of the contract as a test against the target. */
export function holdContract(open: () => Promise<Target>): void {
  let cloud: Cloud;
  before(async () => {
    cloud = await Cloud.login(await open());
  });
  for (const { title, cases, concurrency } of groups) {
    describe(title, { concurrency }, () => {
      for (const { name, run } of cases) {
        it(name, async () => {
          const own = cloud.forCase();
          try {
            await run(own);
          } finally {
            await own.undoAll();
          }
        });
      }
    });
  }
}
