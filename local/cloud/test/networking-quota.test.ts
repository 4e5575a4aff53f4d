import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { account } from '../account.js';
import { assertFault, NetworkingApi } from './networking-api.js';
import { startCloud, type TestCloud } from './start-cloud.js';

let cloud: TestCloud;
let api: NetworkingApi;
let projectId: string;
before(async () => {
  cloud = await startCloud();
  api = new NetworkingApi(cloud);
  projectId = account(cloud.cloud.state).projectId;
  const { state } = cloud.cloud;
  state.transaction(() => {
    state.settings.put('quota', { networks: 3, ports: 2, securityGroups: 2 });
  });
});
after(() => cloud.close());

test('the quota counts what is used, and only the project may ask for its own', async () => {
  await api.make('network', { name: 'one' });
  const quota = await api.request('GET', `quotas/${projectId}`);
  const { network, port, subnet, router } = quota.json<{ quota: Record<string, number> }>().quota;
  assert.deepEqual(
    { network, port, subnet, router },
    { network: 3, port: 2, subnet: 100, router: 0 },
  );
  const details = await api.request('GET', `quotas/${projectId}/details`);
  assert.deepEqual(details.json<{ quota: Record<string, unknown> }>().quota.network, {
    limit: 3,
    used: 1,
    reserved: 0,
  });
  assert.deepEqual((await api.request('GET', `quotas/${projectId}/default`)).json(), quota.json());
  assert.deepEqual((await api.request('GET', 'quotas/tenant')).json(), {
    tenant: { tenant_id: projectId },
  });
  const refused = 'is disallowed by policy';
  for (const [method, path, rule] of [
    ['GET', 'quotas', 'get'],
    ['GET', 'quotas/another', 'get'],
    ['PUT', `quotas/${projectId}`, 'update'],
    ['DELETE', `quotas/${projectId}`, 'delete'],
  ] as const) {
    const answer = await api.request(method, path);
    assertFault(answer, 403, 'PolicyNotAuthorized', `rule:${rule}_quota ${refused}`);
  }
});

test('creates that race do not pass the quota together', async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => api.create('network', { name: `race-${i}` })),
  );
  const made = answers.filter(({ status }) => status === 201);
  assert.equal(made.length, 2);
  const refused = answers.find(({ status }) => status !== 201);
  assertFault(refused!, 409, 'OverQuota', "Quota exceeded for resources: ['network'].");
});

test('a list that is over the quota makes nothing', async () => {
  const [network] = await api.list('networks?name=one');
  const ports = Array.from({ length: 3 }, () => ({ network_id: network!.id }));
  const answer = await api.request('POST', 'ports', { ports });
  assertFault(answer, 409, 'OverQuota', "Quota exceeded for resources: ['port'].");
  assert.deepEqual(await api.list('ports'), []);
});

test('what the cloud does not offer: nothing there, and a quota of nothing', async () => {
  for (const kind of ['router', 'agent', 'subnetpool', 'floatingip', 'availability_zone']) {
    assert.deepEqual((await api.request('GET', `${kind}s`)).json(), { [`${kind}s`]: [] });
  }
  assertFault(
    await api.create('router', { name: 'r' }),
    409,
    'OverQuota',
    "Quota exceeded for resources: ['router'].",
  );
  assertFault(
    await api.request('GET', 'routers/x'),
    404,
    'RouterNotFound',
    'Router x could not be found',
  );
  assertFault(
    await api.create('floatingip', {}),
    400,
    'HTTPBadRequest',
    "Failed to parse request. Required attribute 'floating_network_id' not specified",
  );
});
