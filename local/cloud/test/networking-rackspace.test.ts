import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PUBLIC_NET, SERVICE_NET } from '../profiles.js';
import { assertFault, NetworkingApi } from './networking-api.js';
import { startCloud, type TestCloud } from './start-cloud.js';

let cloud: TestCloud;
let api: NetworkingApi;
before(async () => {
  cloud = await startCloud({ profile: 'rackspace' });
  api = new NetworkingApi(cloud);
});
after(() => cloud.close());

test('PublicNet and ServiceNet are there for everyone, and nobody changes them', async () => {
  const networks = await api.list('networks');
  assert.deepEqual(
    networks.map(({ id, name, shared }) => [id, name, shared]),
    [
      [PUBLIC_NET, 'public', true],
      [SERVICE_NET, 'private', true],
    ],
  );
  assertFault(
    await api.request('DELETE', `networks/${SERVICE_NET}`),
    403,
    'PolicyNotAuthorized',
    'rule:delete_network is disallowed by policy',
  );
  assertFault(
    await api.create('subnet', { network_id: PUBLIC_NET, ip_version: 4, cidr: '10.0.0.0/24' }),
    403,
    'PolicyNotAuthorized',
    'rule:create_subnet is disallowed by policy',
  );
});

test('there are no standard attributes, and no extension tells of them', async () => {
  const network = await api.make('network', { name: 'plain' });
  assert.deepEqual(Object.keys(network).sort(), [
    'admin_state_up',
    'id',
    'name',
    'shared',
    'status',
    'subnets',
    'tenant_id',
  ]);
  assertFault(
    await api.create('network', { name: 'x', description: 'd' }),
    400,
    'HTTPBadRequest',
    "Unrecognized attribute(s) 'description'",
  );
  const extensions = await api.list('extensions');
  assert.ok(!extensions.some(({ alias }) => alias === 'standard-attr-description'));
  assert.equal((await api.request('GET', `networks/${network.id}/tags`)).status, 404);
});

test('a filter that means nothing filters nothing', async () => {
  const all = await api.list('networks');
  assert.deepEqual(await api.list('networks?description=x'), all);
  assert.deepEqual(await api.names('networks?name=plain'), ['plain']);
});

test('ten networks, and no more', async () => {
  const own = (await api.list('networks')).filter(({ shared }) => shared === false).length;
  for (let i = own; i < 10; i++) await api.make('network', { name: `n${i}` });
  assertFault(
    await api.create('network', { name: 'eleventh' }),
    409,
    'OverQuota',
    "Quota exceeded for resources: ['network'].",
  );
});
