import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { account } from '../account.js';
import { assertFault, NetworkingApi } from './networking-api.js';
import { startCloud, type TestCloud } from './start-cloud.js';

let cloud: TestCloud;
let api: NetworkingApi;
before(async () => {
  cloud = await startCloud();
  api = new NetworkingApi(cloud);
});
after(() => cloud.close());

test('a network, its subnet, a port: made, kept while in use, gone', async () => {
  const { projectId } = account(cloud.cloud.state);
  const network = await api.make('network', { name: 'kube-net', description: 'cluster a' });
  const { id, created_at: createdAt, updated_at: updatedAt, ...attributes } = network;
  assert.deepEqual(attributes, {
    name: 'kube-net',
    description: 'cluster a',
    tenant_id: projectId,
    project_id: projectId,
    tags: [],
    revision_number: 1,
    subnets: [],
    admin_state_up: true,
    status: 'ACTIVE',
    shared: false,
    'router:external': false,
    is_default: false,
    mtu: 1450,
    port_security_enabled: true,
    availability_zone_hints: [],
    availability_zones: [],
  });
  assert.match(String(createdAt), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(createdAt, updatedAt);

  const subnet = await api.make('subnet', {
    network_id: id,
    name: 'kube-net-subnet',
    cidr: '192.168.0.7/24',
    ip_version: 4,
    gateway_ip: null,
  });
  assert.equal(subnet.cidr, '192.168.0.0/24');
  assert.equal(subnet.gateway_ip, null);
  assert.equal(subnet.enable_dhcp, true);
  assert.deepEqual(subnet.allocation_pools, [{ start: '192.168.0.1', end: '192.168.0.254' }]);
  assert.deepEqual(await api.list(`subnets?network_id=${id}`), [subnet]);
  const [listed] = await api.list(`networks?id=${id}`);
  assert.deepEqual(listed?.subnets, [subnet.id]);

  const port = await api.make('port', { network_id: id });
  const [fixed] = port.fixed_ips as { subnet_id: string; ip_address: string }[];
  assert.equal(fixed?.subnet_id, subnet.id);
  assert.match(fixed.ip_address, /^192\.168\.0\.\d+$/);
  assert.match(String(port.mac_address), /^fa:16:3e(:[0-9a-f]{2}){3}$/);
  assert.equal(port.status, 'DOWN');

  assertFault(
    await api.request('DELETE', `networks/${id}`),
    409,
    'NetworkInUse',
    `Unable to complete operation on network ${id}. There are one or more ports still in use ` +
      `on the network, id for these ports is: ${port.id}.`,
  );
  assertFault(
    await api.request('DELETE', `subnets/${subnet.id}`),
    409,
    'SubnetInUse',
    `Unable to complete operation on subnet ${subnet.id}: ` +
      'One or more ports have an IP allocation from this subnet.',
  );
  for (const path of [`ports/${port.id}`, `networks/${id}`]) {
    assert.equal((await api.request('DELETE', path)).status, 204);
  }
  assertFault(
    await api.request('GET', `subnets/${subnet.id}`),
    404,
    'SubnetNotFound',
    `Subnet ${subnet.id} could not be found.`,
  );
  assertFault(
    await api.request('DELETE', `networks/${id}`),
    404,
    'NetworkNotFound',
    `Network ${id} could not be found.`,
  );
});

test('what was made outlives the process', async () => {
  const network = await api.make('network', { name: 'lasting' });
  await cloud.restart();
  const [again] = await api.list('networks?name=lasting');
  assert.equal(again?.id, network.id);
});

test('changes show, with a new revision; an outdated one is refused', async () => {
  const { id } = await api.make('network', { name: 'before', description: 'old' });
  const answer = await api.request('PUT', `networks/${id}`, { network: { name: 'after' } });
  const { network } = answer.json<{ network: Record<string, unknown> }>();
  assert.equal(network.name, 'after');
  assert.equal(network.description, 'old');
  assert.equal(network.revision_number, 2);
  const outdated = await cloud.request('DELETE', `/networking/v2.0/networks/${id}`, {
    headers: { 'if-match': 'revision_number=1' },
  });
  assertFault(
    outdated,
    412,
    'RevisionNumberConstraintFailed',
    'Constrained to 1, but current revision is 2',
  );
  assert.equal((await api.list(`networks?id=${id}`)).length, 1);
});

test('addresses: one in use, one outside, none left', async () => {
  const { id } = await api.make('network', { name: 'small' });
  const subnet = await api.make('subnet', { network_id: id, cidr: '10.1.0.0/30', ip_version: 4 });
  assert.equal(subnet.gateway_ip, '10.1.0.1');
  const port = await api.make('port', { network_id: id, fixed_ips: [{ ip_address: '10.1.0.2' }] });
  assertFault(
    await api.create('port', { network_id: id, fixed_ips: [{ ip_address: '10.1.0.2' }] }),
    409,
    'IpAddressAlreadyAllocated',
    `IP address 10.1.0.2 already allocated in subnet ${subnet.id}`,
  );
  assertFault(
    await api.create('port', { network_id: id, fixed_ips: [{ ip_address: '10.1.0.3' }] }),
    400,
    'InvalidIpForNetwork',
    'IP address 10.1.0.3 is not a valid IP for any of the subnets on the specified network.',
  );
  const noneLeft = `No more IP addresses available on network ${id}.`;
  for (const wish of [{}, { fixed_ips: [{ subnet_id: subnet.id }] }]) {
    const answer = await api.create('port', { network_id: id, ...wish });
    assertFault(answer, 409, 'IpAddressGenerationFailure', noneLeft);
  }
  const moved = await api.request('PUT', `ports/${port.id}`, { port: { fixed_ips: [] } });
  assert.deepEqual(moved.json<{ port: { fixed_ips: unknown } }>().port.fixed_ips, []);
  await api.make('port', { network_id: id });
});

test('a MAC address is used once on a network', async () => {
  const { id } = await api.make('network', { name: 'macs' });
  const wish = { network_id: id, mac_address: 'aa:bb:cc:dd:ee:02' };
  const port = await api.make('port', wish);
  assert.deepEqual(port.fixed_ips, []);
  assertFault(
    await api.create('port', wish),
    409,
    'MacAddressInUse',
    `Unable to complete operation for network ${id}. ` +
      'The mac address aa:bb:cc:dd:ee:02 is in use.',
  );
});

test('overlapping subnets are refused on one network, not on two', async () => {
  const [a, b] = [
    await api.make('network', { name: 'overlap-a' }),
    await api.make('network', { name: 'overlap-b' }),
  ];
  const subnet = { cidr: '192.168.0.0/24', ip_version: 4 };
  await api.make('subnet', { ...subnet, network_id: a.id });
  await api.make('subnet', { ...subnet, network_id: b.id });
  assertFault(
    await api.create('subnet', { ...subnet, network_id: a.id, cidr: '192.168.0.128/25' }),
    400,
    'InvalidInput',
    'Invalid input for operation: Requested subnet with cidr: 192.168.0.128/25 for network: ' +
      `${a.id} overlaps with another subnet.`,
  );
});

test('of a list all is made, or nothing', async () => {
  const made = await api.request('POST', 'networks', {
    networks: [{ name: 'bulk-1' }, { network: { name: 'bulk-2' } }],
  });
  assert.equal(made.status, 201);
  assert.deepEqual(
    made.json<{ networks: { name: string }[] }>().networks.map(({ name }) => name),
    ['bulk-1', 'bulk-2'],
  );
  const { id } = await api.make('network', { name: 'bulk' });
  const subnet = { network_id: id, ip_version: 4 };
  const refused = await api.request('POST', 'subnets', {
    subnets: [
      { ...subnet, cidr: '10.2.0.0/24' },
      { ...subnet, cidr: '10.2.0.0/25' },
    ],
  });
  assert.equal(refused.status, 400);
  assert.deepEqual(await api.list(`subnets?network_id=${id}`), []);
});

test("the cloud's own network is seen, but not the project's to change", async () => {
  const [external] = await api.list('networks?router:external=true');
  assert.equal(external?.name, 'public');
  const path = `networks/${external.id}`;
  assertFault(
    await api.request('DELETE', path),
    403,
    'PolicyNotAuthorized',
    'rule:delete_network is disallowed by policy',
  );
  assertFault(
    await api.request('PUT', path, { network: { shared: true } }),
    403,
    'PolicyNotAuthorized',
    '(rule:update_network and rule:update_network:shared) is disallowed by policy',
  );
  const { projectId } = account(cloud.cloud.state);
  for (const [kind, wish] of [
    ['subnet', { cidr: '10.3.0.0/24', ip_version: 4 }],
    ['port', {}],
  ] as const) {
    assertFault(
      await api.create(kind, { network_id: external.id, ...wish }),
      403,
      'HTTPForbidden',
      `Tenant ${projectId} not allowed to create ${kind} on this network`,
    );
  }
  const [subnetId] = external.subnets as string[];
  assert.equal((await api.request('GET', `subnets/${String(subnetId)}`)).status, 404);
});

test('tags', async () => {
  const { id } = await api.make('network', { name: 'tagged' });
  const tags = `networks/${id}/tags`;
  assert.deepEqual((await api.request('PUT', tags, { tags: ['a', 'b'] })).json(), {
    tags: ['a', 'b'],
  });
  assert.equal((await api.request('PUT', `${tags}/c`)).status, 201);
  assert.equal((await api.request('GET', `${tags}/c`)).status, 204);
  assert.deepEqual(await api.names('networks?tags=a,c'), ['tagged']);
  assert.deepEqual(await api.names('networks?tags=a,z'), []);
  assert.deepEqual(await api.names('networks?tags-any=a,z'), ['tagged']);
  assert.ok(!(await api.names('networks?not-tags-any=a')).includes('tagged'));
  assert.equal((await api.request('DELETE', `${tags}/c`)).status, 204);
  assertFault(
    await api.request('DELETE', `${tags}/c`),
    404,
    'TagNotFound',
    'Tag c could not be found.',
  );
  assert.equal((await api.request('DELETE', tags)).status, 204);
  assert.deepEqual((await api.request('GET', tags)).json(), { tags: [] });
});

test('descriptions are an extension, which is listed', async () => {
  const extensions = await api.list('extensions');
  assert.ok(extensions.some(({ alias }) => alias === 'standard-attr-description'));
  const one = await api.request('GET', 'extensions/quotas');
  assert.equal(one.json<{ extension: { alias: string } }>().extension.alias, 'quotas');
  const none = await api.request('GET', 'extensions/nope');
  assert.equal(none.status, 404);
  assert.match(none.text, /Extension with alias nope does not exist/);
});

test('the version documents', async () => {
  const root = await cloud.request('GET', '/networking', { token: null });
  assert.deepEqual(root.json(), {
    versions: [
      {
        id: 'v2.0',
        status: 'CURRENT',
        links: [{ rel: 'self', href: `${cloud.url}/networking/v2.0/` }],
      },
    ],
  });
  const { resources } = (await cloud.request('GET', '/networking/v2.0/')).json<{
    resources: { collection: string }[];
  }>();
  assert.deepEqual(
    resources.map(({ collection }) => collection),
    ['networks', 'subnets', 'subnetpools', 'ports'],
  );
});
