import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { preflight, runChecks } from '../../activities/preflight.js';
import { uploadRelease } from '../../activities/release.js';
import type { ClusterSpec } from '../../cluster/spec.js';
import { sshLoginKeys } from '../../home/ssh-keys.js';
import { failureOf } from '../cloud/calls.js';
import { bootMachine, localCloud, misbehave, withRelease, type LocalCloud } from './local-cloud.js';

type Surplus = 'refuse' | 'delete';

/** The reasons of the checks that failed, by what was checked. */
async function failing(
  { dependencies }: LocalCloud,
  spec: ClusterSpec,
  surplus: Surplus = 'refuse',
): Promise<Record<string, string>> {
  const { checks } = await runChecks(dependencies, { spec, surplus });
  return Object.fromEntries(
    checks.flatMap(({ name, failure }) => (failure ? [[name, failure.reason]] : [])),
  );
}

/** A scene whose spec has a release that can be read. */
async function scene(
  t: Parameters<typeof localCloud>[0],
  options: Parameters<typeof localCloud>[1] = {},
): Promise<LocalCloud> {
  const cloud = await localCloud(t, options);
  return { ...cloud, spec: await withRelease(t, cloud.spec, Buffer.from('a release')) };
}

for (const profile of ['openstack', 'rackspace'] as const) {
  test(`${profile}: what a bring-up needs is found, and nothing is made`, async (t) => {
    const { dependencies, spec, server } = await scene(t, { profile });
    const found = await preflight(dependencies, { spec, surplus: 'refuse' });
    const { baseNetworkIds } = dependencies.cloud.compute;
    assert.deepEqual(found.frontNetworkIds, baseNetworkIds);
    assert.equal(baseNetworkIds.length, profile === 'rackspace' ? 2 : 0);
    assert.deepEqual(found.survey, {
      servers: [],
      network: undefined,
      keyPair: undefined,
      container: false,
      release: false,
    });
    const writes = Object.keys(server.cloud.counts.all()).filter((kind) =>
      /^(POST|PUT|DELETE) (?!identity|admin)/.test(kind),
    );
    assert.deepEqual(writes, []);
  });
}

test('everything that is wrong is told at once', async (t) => {
  const cloud = await scene(t);
  await truncate(cloud.spec.release.file, 1);
  const spec: ClusterSpec = {
    ...cloud.spec,
    image: 'BeOS',
    masterFlavor: 'huge',
    minionFlavor: 'huge',
    attachNetworks: ['nowhere'],
  };
  const wrong = {
    'release file': 'ReleaseChanged',
    image: 'ImageNotFound',
    'master flavor': 'FlavorNotFound',
    'minion flavor': 'FlavorNotFound',
    'networks to attach': 'NetworkNotFound',
  };
  assert.deepEqual(await failing(cloud, spec), wrong);
  const failure = await failureOf(preflight(cloud.dependencies, { spec, surplus: 'refuse' }));
  assert.deepEqual([failure.kind, failure.attempted], ['blocked', 'preflight']);
  assert.equal(failure.message.split('\n').length, 5);
});

test('what will pass is for the retry, not for a person', async (t) => {
  const { dependencies, spec, server } = await scene(t);
  await misbehave(server, {
    match: { service: 'compute', path: '^/flavors' },
    action: { status: 503 },
  });
  const failure = await failureOf(preflight(dependencies, { spec, surplus: 'refuse' }));
  assert.equal(failure.kind, 'transient');
});

test("a user's empty network and another key of our names are told before anything is made", async (t) => {
  const cloud = await scene(t);
  const { network, keyPairs } = cloud.dependencies.cloud;
  const { id } = await network.createNetwork({ name: 'c-pool-net' });
  await keyPairs.import('id_c', sshLoginKeys(Buffer.alloc(32, 8), 'user').publicKey);
  assert.deepEqual(await failing(cloud, cloud.spec), {
    'address ranges': 'NameTaken',
    'key pair': 'KeyPairDiffers',
  });
  await network.createSubnet({ networkId: id, name: 'mine', cidr: '192.168.9.0/24' });
  assert.equal((await failing(cloud, cloud.spec))['address ranges'], 'NetworkRangeDiffers');
});

test('a release that is in the container is wanted on no disk', async (t) => {
  const cloud = await scene(t);
  const { spec } = cloud;
  const moved = { ...spec, release: { ...spec.release, file: '/nonexistent/release' } };
  assert.deepEqual(await failing(cloud, moved), { 'release file': 'ReleaseUnreadable' });
  await uploadRelease(cloud.dependencies, spec);
  assert.deepEqual(await failing(cloud, moved), {});
  const another = { ...moved, release: { ...moved.release, sha256: 'b'.repeat(64) } };
  assert.deepEqual(await failing(cloud, another), { 'release file': 'ReleaseUnreadable' });
});

test('a cloud without large objects or temp URLs is told of', async (t) => {
  const cloud = await scene(t);
  await misbehave(cloud.server, {
    match: { service: 'object-store', method: 'GET', path: '^/(info)?$' },
    action: { status: 200, body: { swift: {} } },
  });
  assert.deepEqual(await failing(cloud, cloud.spec), {
    'large objects': 'LargeObjectsUnsupported',
    'temp URLs': 'TempUrlUnsupported',
  });
});

test('a quota that is too small is told with what is needed and what is free', async (t) => {
  const { dependencies, spec, server } = await scene(t);
  await server.admin('PUT', '/quota', { instances: 1, cores: 1, ramMiB: 1024, networks: 0 });
  const failure = await failureOf(preflight(dependencies, { spec, surplus: 'refuse' }));
  assert.equal(failure.reason, 'QuotaExceeded');
  assert.match(failure.message, /instances: 2 needed, 1 of 1 free; cores: \d+ needed, 1 of 1 free/);
  assert.match(failure.message, /networks: 1 needed, 0 of 0 free/);
});

test('a standing machine of another release is told, a failed one is not', async (t) => {
  const cloud = await scene(t);
  await bootMachine(cloud, 'master', 0);
  const minion = await bootMachine(cloud, 'minion', 1);
  const other = { ...cloud.spec, release: { ...cloud.spec.release, sha256: 'd'.repeat(64) } };
  assert.equal((await failing(cloud, other))['release of machines'], 'OtherRelease');
  const { checks } = await runChecks(cloud.dependencies, {
    ...{ spec: other, surplus: 'refuse' },
    build: {},
  });
  assert.ok(checks.every(({ name }) => name !== 'release of machines'));
  assert.equal((await failing(cloud, cloud.spec))['release of machines'], undefined);
  await cloud.server.admin('POST', `/servers/${minion}/fail`, {});
  const { compute } = cloud.dependencies.cloud;
  while ((await compute.getServer(minion))?.status !== 'ERROR') await sleep(10);
  const master = (await compute.listServers()).find(({ id }) => id !== minion);
  await compute.deleteServer(master!.id);
  while (await compute.getServer(master!.id)) await sleep(10);
  assert.equal((await failing(cloud, other))['release of machines'], undefined);
});

test('a full quota does not keep broken machines from being replaced', async (t) => {
  const cloud = await scene(t);
  const { server, dependencies } = cloud;
  await bootMachine(cloud, 'master', 0);
  const minion = await bootMachine(cloud, 'minion', 1);
  const { instances, cores, ramMiB } = await dependencies.cloud.compute.limits();
  const [one, two] = [instances.used, cores.used];
  await server.admin('PUT', '/quota', { instances: one, cores: two, ramMiB: ramMiB.used });
  assert.deepEqual(await failing(cloud, cloud.spec), {});

  await server.admin('POST', `/servers/${minion}/fail`, {});
  while ((await dependencies.cloud.compute.getServer(minion))?.status !== 'ERROR') await sleep(10);
  assert.deepEqual(await failing(cloud, cloud.spec), {});
  const { message } = await failureOf(
    preflight(dependencies, { spec: { ...cloud.spec, minions: 2 }, surplus: 'refuse' }),
  );
  assert.match(message, /instances: 1 needed, 0 of 2 free/);
});

test('minions beyond the spec are for `scale`', async (t) => {
  const cloud = await scene(t);
  await bootMachine(cloud, 'master', 0);
  await bootMachine(cloud, 'minion', 2);
  const { dependencies, spec } = cloud;
  const failure = await failureOf(preflight(dependencies, { spec, surplus: 'refuse' }));
  assert.deepEqual([failure.kind, failure.reason], ['invalid', 'FewerMinionsThanExist']);
  assert.deepEqual(await failing(cloud, spec, 'delete'), {});
});
