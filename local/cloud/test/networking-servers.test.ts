import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ComputeScene } from './compute-scene.js';
import { assertFault, NetworkingApi, type Thing } from './networking-api.js';
import { startCloud, type TestCloud } from './start-cloud.js';

let cloud: TestCloud;
let api: NetworkingApi;
let compute: ComputeScene;
before(async () => {
  cloud = await startCloud();
  api = new NetworkingApi(cloud);
  compute = await ComputeScene.open(cloud);
});
after(() => cloud.close());

const addressOf = (port: Thing): unknown =>
  (port.fixed_ips as { ip_address: string }[])[0]?.ip_address;

test("a server's port comes and goes with it, and keeps the network", async () => {
  const networks = [{ uuid: compute.networkId }];
  const id = await compute.create({ networks });
  const server = await compute.settled(id, 'ACTIVE');
  const [port] = await api.list(`ports?device_id=${id}`);
  assert.deepEqual(
    [port?.name, port?.device_owner, port?.status, port?.network_id],
    ['', 'compute:nova', 'ACTIVE', compute.networkId],
  );
  assert.equal(server.addresses.one?.[0]?.addr, addressOf(port!));
  const refused = await api.request('DELETE', `networks/${compute.networkId}`);
  assertFault(
    refused,
    409,
    'NetworkInUse',
    `Unable to complete operation on network ${compute.networkId}. There are one or more ports ` +
      `still in use on the network, id for these ports is: ${port!.id}.`,
  );
  await compute.call('DELETE', `/servers/${id}`);
  await compute.gone(id);
  assert.deepEqual(await api.list(`ports?device_id=${id}`), []);
});

test('a port made beforehand outlives its server', async () => {
  const { id: portId } = await api.make('port', { network_id: compute.networkId, name: 'mine' });
  const id = await compute.create({ networks: [{ port: portId }] });
  await compute.settled(id, 'ACTIVE');
  const [bound] = await api.list(`ports?id=${portId}`);
  assert.deepEqual([bound?.device_id, bound?.status], [id, 'ACTIVE']);
  await compute.call('DELETE', `/servers/${id}`);
  await compute.gone(id);
  const [free] = await api.list(`ports?id=${portId}`);
  assert.deepEqual([free?.device_id, free?.device_owner, free?.status], ['', '', 'DOWN']);
  assert.equal((await api.request('DELETE', `ports/${portId}`)).status, 204);
});

test("a server's port can be deleted under it", async () => {
  const id = await compute.create({ networks: [{ uuid: compute.networkId }] });
  await compute.settled(id, 'ACTIVE');
  const [port] = await api.list(`ports?device_id=${id}`);
  assert.equal((await api.request('DELETE', `ports/${port!.id}`)).status, 204);
  assert.deepEqual(await api.list(`ports?network_id=${compute.networkId}`), []);
  assert.deepEqual((await compute.server(id)).addresses, {});
});

test('a server whose network goes while it builds ends in ERROR, and leaves no port', async () => {
  const slow = await startCloud({
    times: { createMs: 0, buildMs: 3000, deleteMs: 20, powerMs: 10 },
  });
  try {
    const networking = new NetworkingApi(slow);
    const scene = await ComputeScene.open(slow);
    const id = await scene.create({ networks: [{ uuid: scene.networkId }] });
    const deleted = await networking.request('DELETE', `networks/${scene.networkId}`);
    assert.equal(deleted.status, 204, deleted.text);
    const deadline = Date.now() + 30_000;
    while ((await scene.server(id)).status === 'BUILD' && Date.now() < deadline) await sleep(50);
    assert.equal((await scene.server(id)).status, 'ERROR');
    assert.deepEqual(await networking.list('ports'), []);
  } finally {
    await slow.close();
  }
});
