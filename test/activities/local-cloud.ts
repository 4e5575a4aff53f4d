import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import type { Dependencies } from '../../activities/context.js';
import { ensureKeyPair } from '../../activities/keys.js';
import { bootServer } from '../../activities/servers.js';
import { accountId } from '../../cloud/account.js';
import { openCloud } from '../../cloud/open.js';
import { resolveAccount } from '../../cloud/resolve-account.js';
import type { ClusterSpec } from '../../cluster/spec.js';
import type { CloudOptions } from '../../local/cloud/server.js';
import { startCloud, type TestCloud } from '../../local/cloud/test/start-cloud.js';

/** The activities' surroundings on a local cloud of one test's own. */
export interface LocalCloud {
  dependencies: Dependencies;
  /** A cluster of one minion whose image and flavors the cloud has; its release is no file. */
  spec: ClusterSpec;
  /** The cloud itself: its admin path, its restart. */
  server: TestCloud;
}

interface Account {
  authUrl: string;
  username: string;
  password: string;
  apiKey: string;
  projectName: string;
  region: string;
}

/** A local cloud in this process, spoken to over HTTP by the adapter as it is. Ends with the test. */
export async function localCloud(
  t: TestContext,
  options: Pick<Partial<CloudOptions>, 'profile' | 'times'> = {},
): Promise<LocalCloud> {
  const server = await startCloud(options);
  t.after(() => server.close());
  const told = (await server.admin('GET', '/account')).json<Account>();
  const account = resolveAccount({
    OS_AUTH_URL: told.authUrl,
    OS_USERNAME: told.username,
    OS_REGION_NAME: told.region,
    ...(options.profile === 'rackspace'
      ? { OS_AUTH_SYSTEM: 'rackspace', OS_API_KEY: told.apiKey }
      : { OS_PASSWORD: told.password, OS_PROJECT_NAME: told.projectName }),
  });
  const { provider, region } = account;
  const rootSecret = Buffer.alloc(32, 5);
  return {
    server,
    dependencies: { cloud: openCloud(account), rootSecret },
    spec: specIn({ accountId: accountId(account), provider, region }),
  };
}

/** Adds a rule by which the cloud misbehaves. */
export async function misbehave(server: TestCloud, rule: Record<string, unknown>): Promise<void> {
  await server.admin('POST', '/faults', { id: randomUUID(), ...rule });
}

/** The spec with a release of these bytes, in a file that ends with the test. */
export async function withRelease(
  t: TestContext,
  spec: ClusterSpec,
  content: Buffer,
): Promise<ClusterSpec> {
  const folder = await mkdtemp(path.join(tmpdir(), 'release-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'master-release.tar.gz');
  await writeFile(file, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { ...spec, release: { ...spec.release, file, sha256, bytes: content.length } };
}

/** Boots a machine of the cluster as a bring-up does; there is no guest in it. @returns its id, once it is ACTIVE */
export async function bootMachine(
  { dependencies, spec }: LocalCloud,
  role: 'master' | 'minion',
  index: number,
  networkIds: string[] = [],
): Promise<string> {
  const { compute } = dependencies.cloud;
  await ensureKeyPair(dependencies, spec);
  const [image, flavor] = await Promise.all([
    compute.findImage(spec.image),
    compute.findFlavor(role === 'master' ? spec.masterFlavor : spec.minionFlavor),
  ]);
  const { serverId } = await bootServer(dependencies, {
    spec,
    role,
    index,
    bootId: randomUUID(),
    imageId: image!.id,
    flavorId: flavor!.id,
    networkIds,
    ...(role === 'minion' && { masterAddress: '192.168.0.2' }),
  });
  while ((await compute.getServer(serverId))?.status !== 'ACTIVE') await sleep(10);
  return serverId;
}

function specIn(cloud: ClusterSpec['cloud']): ClusterSpec {
  return {
    name: 'c',
    cloud,
    minions: 1,
    image: 'Debian 12',
    masterFlavor: 'performance1-1',
    minionFlavor: 'performance1-2',
    keyPair: { name: 'id_c' },
    network: { label: 'c-pool-net', cidr: '192.168.0.0/24' },
    attachNetworks: [],
    podNetwork: '10.240.0.0/16',
    portalNet: '10.0.0.0/16',
    dns: { enabled: true, serverIp: '10.0.0.10', domain: 'cluster.local', replicas: 1 },
    release: {
      file: '/nonexistent/master-release.tar.gz',
      sha256: 'a'.repeat(64),
      bytes: 1,
      sample: true,
      container: 'releases',
    },
    masterTag: 'tags=c-master',
    minionTag: 'tags=c-minion',
    onFailure: 'hold',
    minReadyMinions: 1,
    maxReplacements: 2,
    machineTimeoutSeconds: 60,
  };
}
