import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ProjectClient, type Contents } from '../../durability/cloud-client.js';
import { openWorld, type World } from '../../durability/world.js';
import { packSampleRelease } from '../../../release/pack.js';
import { cloudFolder, readOpenStack } from '../cloud-folder.js';
import { usualQuota, type Target } from '../contract/target.js';
import { FrontProxy } from './front-proxy.js';
import { realTarget } from './real-target.js';

/** kubeup's real processes, in the project of an ordinary user of the real OpenStack. */
export interface RealWorld {
  world: World;
  /** Everything that kubeup asks goes through it. */
  proxy: FrontProxy;
  /** The project as its user sees it, beside the proxy. */
  project: ProjectClient;
  target: Target;
  /** Waits until the project holds this: Nova shows a server that is gone as `DELETED` for a moment more. */
  holds: (expected: Partial<Contents>) => Promise<void>;
  /** `up` as far as a cloud without guests allows. */
  up: (minions: number) => string[];
  dispose(): Promise<void>;
}

const settledMs = 20_000;

export async function openRealWorld(): Promise<RealWorld> {
  const target = await realTarget();
  // Whoever ran before may have been killed in the middle.
  await target.setQuota(usualQuota);
  const proxy = await FrontProxy.start(await readOpenStack(cloudFolder()));
  const { url, username, password, projectName, region } = target.v3;
  const world = await openWorld({
    OS_AUTH_URL: proxy.authUrl,
    OS_USERNAME: username,
    OS_PASSWORD: password,
    OS_PROJECT_NAME: projectName,
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_REGION_NAME: region,
  });
  const release = path.join(world.root, 'release.tar.gz');
  await packSampleRelease(release);
  const project = new ProjectClient(() =>
    Promise.resolve({
      authUrl: url,
      username,
      password,
      projectName,
      userDomainName: 'Default',
      projectDomainName: 'Default',
    }),
  );
  const up = (minions: number): string[] => [
    ...['up', '--minions', String(minions), '--wait', 'active'],
    ...['--release', release],
  ];
  return {
    world,
    proxy,
    project,
    target,
    up,
    holds: async (expected) => {
      const deadline = Date.now() + settledMs;
      for (;;) {
        const contents = await project.contents();
        const seen = Object.fromEntries(
          Object.keys(expected).map((what) => [what, contents[what as keyof Contents]]),
        );
        if (isDeepStrictEqual(seen, expected)) return;
        if (Date.now() > deadline) assert.deepEqual(seen, expected);
        await sleep(500);
      }
    },
    dispose: async () => {
      await world.dispose();
      await proxy.close();
      await target.setQuota(usualQuota);
    },
  };
}
