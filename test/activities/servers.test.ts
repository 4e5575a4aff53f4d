import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import type { Dependencies } from '../../activities/context.js';
import {
  bootServer,
  deleteServers,
  lookAtMachine,
  type BootRequest,
} from '../../activities/servers.js';
import { surveyServers } from '../../activities/survey.js';
import { metadataKeys, reportObject } from '../../cluster/names.js';
import { failureOf } from '../cloud/calls.js';
import { localCloud, type LocalCloud } from './local-cloud.js';

/** A cloud with a network, a key pair and a container, and the master to be of its cluster. */
async function masterToBe(
  t: TestContext,
  options?: Parameters<typeof localCloud>[1],
): Promise<LocalCloud & { request: BootRequest }> {
  const world = await localCloud(t, options);
  const { cloud } = world.dependencies;
  const { spec } = world;
  const network = await cloud.network.createNetwork({ name: spec.network.label });
  await cloud.network.createSubnet({
    networkId: network.id,
    name: 'subnet',
    cidr: spec.network.cidr,
  });
  await cloud.objectStorage.createContainer(spec.release.container, {});
  await cloud.keyPairs.import(
    spec.keyPair.name,
    `ssh-ed25519 ${Buffer.from(`\0\0\0\x0bssh-ed25519\0\0\0 ${'k'.repeat(32)}`).toString('base64')}`,
  );
  const image = await cloud.compute.findImage(spec.image);
  const flavor = await cloud.compute.findFlavor(spec.masterFlavor);
  const request: BootRequest = {
    spec,
    role: 'master',
    index: 0,
    bootId: randomUUID(),
    imageId: image!.id,
    flavorId: flavor!.id,
    networkIds: [network.id],
  };
  return { ...world, request };
}

/** As the machine would, by its mailbox. */
async function report(
  { cloud }: Dependencies,
  { spec, bootId }: BootRequest,
  state: string,
  text = state,
): Promise<void> {
  const content = Buffer.from(text);
  await cloud.objectStorage.putObject(
    spec.release.container,
    reportObject(spec.name, bootId),
    {
      open: () => content,
      bytes: content.length,
      md5: createHash('md5').update(content).digest('hex'),
    },
    { contentType: `application/vnd.kubeup.report.${state}` },
  );
}

async function untilStatus({ cloud }: Dependencies, id: string, status: string): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    if ((await cloud.compute.getServer(id))?.status === status) return;
    await sleep(20);
  }
  assert.fail(`${id} is not ${status}`);
}

test('a server is made once, and adopted whatever the spec calls its network and container', async (t) => {
  const { dependencies, request } = await masterToBe(t);
  const made = await bootServer(dependencies, request);
  assert.equal(made.made, true);
  await untilStatus(dependencies, made.serverId, 'ACTIVE');
  await report(dependencies, request, 'ready');
  const { spec } = request;
  const moved: BootRequest = {
    ...request,
    bootId: randomUUID(),
    spec: {
      ...spec,
      network: { ...spec.network, label: 'another-net' },
      release: { ...spec.release, container: 'another' },
    },
  };
  const { serverId, made: again, seen } = await bootServer(dependencies, moved);
  assert.deepEqual({ serverId, again }, { serverId: made.serverId, again: false });
  assert.equal(seen?.report, 'ready');
  assert.match(seen.address, /^192\.168\.0\./);
  const [surveyed] = await surveyServers(dependencies, spec.name);
  assert.equal(surveyed?.report, 'ready');
  assert.equal(surveyed.address, seen.address);
});

test('what was made with another root secret is neither adopted nor deleted', async (t) => {
  const { dependencies, request } = await masterToBe(t);
  const { serverId } = await bootServer(dependencies, request);
  const other: Dependencies = { ...dependencies, rootSecret: Buffer.alloc(32, 9) };
  const boot = await failureOf(bootServer(other, { ...request, bootId: randomUUID() }));
  assert.equal(boot.reason, 'NameTaken');
  const deletion = await failureOf(
    deleteServers(other, { cluster: request.spec.name, which: { allBut: [] } }),
  );
  assert.equal(deletion.reason, 'OwnedByAnother');
  assert.match(deletion.cure, /KUBEUP_ROOT_SECRET/);
  assert.equal((await dependencies.cloud.compute.getServer(serverId))?.deleting, false);
});

test("a double goes, and the kept one's report stays", async (t) => {
  const { dependencies, request } = await masterToBe(t);
  const { compute, objectStorage } = dependencies.cloud;
  const first = await bootServer(dependencies, request);
  await untilStatus(dependencies, first.serverId, 'ACTIVE');
  const { metadata } = (await compute.getServer(first.serverId))!;
  // Nova shows whole seconds: the double is younger.
  await sleep(1_100);
  // As a late create of the same attempt leaves it: everything the same, the boot too.
  const late = await compute.createServer({
    ...{ name: 'c-master', imageId: request.imageId, flavorId: request.flavorId, metadata },
    ...{ keyName: request.spec.keyPair.name, networkIds: request.networkIds, userData: '#' },
  });
  await report(dependencies, request, 'ready');
  const adopted = await bootServer(dependencies, { ...request, bootId: randomUUID() });
  assert.equal(adopted.serverId, first.serverId);
  assert.deepEqual(adopted.deleted, [`c-master (${late.id}, a double)`]);
  assert.equal(adopted.seen?.report, 'ready');

  const { deleted, containers } = await deleteServers(dependencies, {
    cluster: 'c',
    which: { kept: [first.serverId], highestIndex: 0 },
  });
  assert.ok(deleted.length <= 1);
  assert.deepEqual(containers, deleted.length > 0 ? ['releases'] : []);
  const mailbox = reportObject('c', metadata[metadataKeys.boot]!);
  assert.ok(await objectStorage.headObject('releases', mailbox), 'the report of the kept one');

  const all = await deleteServers(dependencies, { cluster: 'c', which: { allBut: [] } });
  assert.deepEqual(all, { deleted: ['c-master'], containers: ['releases'] });
  assert.equal(await objectStorage.headObject('releases', mailbox), undefined);
});

test('a machine that was ready and is off is started, not replaced', async (t) => {
  const { dependencies, request, server } = await masterToBe(t);
  const { serverId } = await bootServer(dependencies, request);
  await untilStatus(dependencies, serverId, 'ACTIVE');
  await report(dependencies, request, 'ready');
  await server.request('POST', `/compute/v2.1/servers/${serverId}/action`, {
    body: { 'os-stop': null },
  });
  await untilStatus(dependencies, serverId, 'SHUTOFF');
  const adopted = await bootServer(dependencies, { ...request, bootId: randomUUID() });
  assert.equal(adopted.serverId, serverId);
  assert.deepEqual(adopted.deleted, []);
  await untilStatus(dependencies, serverId, 'ACTIVE');
  // On already: no error.
  await dependencies.cloud.compute.startServer(serverId);
});

for (const [there, status, back] of [
  ['pause', 'PAUSED', 'unpause'],
  ['suspend', 'SUSPENDED', 'resume'],
  ['rescue', 'RESCUE', 'unrescue'],
  ['shelve', 'SHELVED_OFFLOADED', 'unshelve'],
] as const) {
  test(`a machine that somebody set aside (${status}) is neither replaced nor waited for`, async (t) => {
    const { dependencies, request, server } = await masterToBe(t);
    const { serverId } = await bootServer(dependencies, request);
    const act = (action: string): Promise<unknown> =>
      server.request('POST', `/compute/v2.1/servers/${serverId}/action`, {
        body: { [action]: null },
      });
    await untilStatus(dependencies, serverId, 'ACTIVE');
    await act(there);
    await untilStatus(dependencies, serverId, status);
    const again = { ...request, bootId: randomUUID() };
    const failure = await failureOf(bootServer(dependencies, again));
    assert.equal(failure.kind, 'blocked');
    assert.match(failure.cure, new RegExp(`openstack server ${back} ${serverId}`));
    await act(back);
    await untilStatus(dependencies, serverId, 'ACTIVE');
    assert.equal((await bootServer(dependencies, again)).serverId, serverId);
  });
}

test('a broken machine is replaced though the quota has room for one only', async (t) => {
  const { dependencies, request, server } = await masterToBe(t);
  const { compute } = dependencies.cloud;
  const { serverId } = await bootServer(dependencies, request);
  await untilStatus(dependencies, serverId, 'ACTIVE');
  await server.admin('PUT', '/quota', { instances: (await compute.limits()).instances.used });
  await server.admin('POST', `/servers/${serverId}/fail`, {});
  await untilStatus(dependencies, serverId, 'ERROR');
  const anew = await bootServer(dependencies, { ...request, bootId: randomUUID() });
  assert.equal(anew.made, true);
  assert.notEqual(anew.serverId, serverId);
  assert.match(anew.deleted.join(), /in ERROR/);
});

test('one whose deletion an earlier attempt began has gone before the quota is called full', async (t) => {
  const times = { createMs: 5, buildMs: 20, deleteMs: 2000, powerMs: 10 };
  const { dependencies, request, server } = await masterToBe(t, { times });
  const { compute } = dependencies.cloud;
  const { serverId } = await bootServer(dependencies, request);
  await untilStatus(dependencies, serverId, 'ACTIVE');
  await server.admin('PUT', '/quota', { instances: (await compute.limits()).instances.used });
  await compute.deleteServer(serverId);
  assert.equal((await compute.getServer(serverId))?.deleting, true);
  const anew = await bootServer(dependencies, { ...request, bootId: randomUUID() });
  assert.equal(anew.made, true);
  await server.admin('PUT', '/quota', { instances: 0 });
  await compute.deleteServer(anew.serverId);
  const full = await failureOf(bootServer(dependencies, { ...request, bootId: randomUUID() }));
  assert.equal(full.reason, 'QuotaExceeded');
  assert.equal(await compute.getServer(anew.serverId), undefined);
});

test('what a failed machine says is shown without its signed URLs', async (t) => {
  const { dependencies, request } = await masterToBe(t);
  const { serverId } = await bootServer(dependencies, request);
  const said = 'it failed at http://c/v1?temp_url_sig=0123456789abcdef&temp_url_expires=1';
  await report(dependencies, request, 'failed', said);
  const { spec, role, index, bootId } = request;
  const { detail } = await lookAtMachine(dependencies, { spec, role, index, bootId, serverId });
  assert.match(detail ?? '', /^it failed at .*temp_url_sig=REDACTED/);
});
