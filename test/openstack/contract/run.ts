import { after, before, describe, it } from 'node:test';
import { applicationCredentialCases } from './application-credentials.js';
import type { Case } from './cloud.js';
import { Cloud } from './cloud.js';
import { containerCases } from './containers.js';
import { identityV2Cases } from './identity-v2.js';
import { identityCases } from './identity.js';
import { imageCases } from './images.js';
import { keyPairCases } from './key-pairs.js';
import { manifestCases } from './large-object-manifests.js';
import { largeObjectCases } from './large-objects.js';
import { limitCases } from './limits.js';
import { listingCases } from './listings.js';
import { networkCases } from './networks.js';
import { notOfferedCases } from './not-offered.js';
import { objectReadCases } from './object-reads.js';
import { objectCases } from './objects.js';
import { portCases } from './ports.js';
import { quotaCases } from './quotas.js';
import { raceCases } from './races.js';
import { serverActionCases } from './server-actions.js';
import { serverCreateCases } from './server-create.js';
import { serverGroupCases } from './server-groups.js';
import { serverLifecycleCases } from './server-lifecycle.js';
import { serverListCases } from './server-lists.js';
import { serverNetworkActionCases } from './server-network-actions.js';
import { serverNetworkCases } from './server-networks.js';
import { serverRebuildCases } from './server-rebuild.js';
import { serverRefusalCases } from './server-refusals.js';
import { serverResizeCases } from './server-resize.js';
import { serverShelvingCases } from './server-shelving.js';
import { serverStateCases } from './server-states.js';
import { snapshotCases } from './snapshots.js';
import { subnetCases } from './subnets.js';
import { usualQuota } from './target.js';
import type { Target } from './target.js';
import { tempUrlRefusalCases } from './temp-url-refusals.js';
import { tempUrlCases } from './temp-urls.js';
import { tokenCases } from './tokens.js';
import { virtualSizeCases } from './virtual-sizes.js';

/** Cases by what they are about, in the order in which they run. */
const groups: Record<string, Case[]> = {
  'identity v3': identityCases,
  tokens: tokenCases,
  'application credentials': applicationCredentialCases,
  'identity v2': identityV2Cases,
  containers: containerCases,
  objects: objectCases,
  'reading objects': objectReadCases,
  listings: listingCases,
  'temp URLs': tempUrlCases,
  'refused temp URLs': tempUrlRefusalCases,
  'large objects': largeObjectCases,
  manifests: manifestCases,
  images: imageCases,
  'disks in images': virtualSizeCases,
  'key pairs': keyPairCases,
  networks: networkCases,
  subnets: subnetCases,
  ports: portCases,
  'limits and versions': limitCases,
  'refused servers': serverRefusalCases,
  'new servers': serverCreateCases,
  'networks of servers': serverNetworkCases,
  'lists of servers': serverListCases,
  'actions on servers': serverActionCases,
  'server groups': serverGroupCases,
  'what the project may have none of': notOfferedCases,
  'servers held up and set aside': serverLifecycleCases,
  'shelved servers': serverShelvingCases,
  'resized servers': serverResizeCases,
  'rebuilt servers': serverRebuildCases,
  'security groups and addresses of servers': serverNetworkActionCases,
  'states of servers': serverStateCases,
  snapshots: snapshotCases,
  'the same moment': raceCases,
  quotas: quotaCases,
};

/**
 * Declares every case of the contract as a test against the target.
 * @param concurrency how many cases run at once; those about quotas change the project for all others
 */
export function holdContract(open: () => Promise<Target>, concurrency: number): void {
  let cloud: Cloud;
  before(async () => {
    const target = await open();
    // Whoever ran before may have been killed in the middle.
    await target.setQuota(usualQuota);
    cloud = await Cloud.login(target);
  });
  for (const [title, cases] of Object.entries(groups)) {
    describe(title, { concurrency: cases === quotaCases ? 1 : concurrency }, () => {
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
  after(() => cloud.undoAll());
}
