import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFault, NetworkingApi, type Thing } from './networking-api.js';
import { startCloud, type TestCloud } from './start-cloud.js';

let cloud: TestCloud;
let api: NetworkingApi;
const made: Thing[] = [];
before(async () => {
  cloud = await startCloud();
  api = new NetworkingApi(cloud);
  for (const name of ['c', 'a', 'B']) {
    made.push(await api.make('network', { name, description: `of ${name}`, mtu: 1400 }));
  }
});
after(() => cloud.close());

test('a list is in the order of the ids', async () => {
  const ids = (await api.list('networks')).map(({ id }) => id);
  assert.equal(ids.length, 4);
  assert.deepEqual(ids, [...ids].sort());
});

test('filters: by any attribute that is one, by several values, whatever the case', async () => {
  const sorted = 'sort_key=name&sort_dir=asc';
  for (const [filter, names] of [
    ['name=b', ['B']],
    ['name=a&name=c&name=z', ['a', 'c']],
    ['description=of%20a', ['a']],
    ['mtu=1400', ['a', 'B', 'c']],
    ['router:external=true', ['public']],
    ['admin_state_up=yes&shared=false&status=ACTIVE&name=a', ['a']],
    [`id=${made[0]!.id}`, ['c']],
    ['tenant_id=another', []],
    ['name=', []],
  ] as const) {
    assert.deepEqual(await api.names(`networks?${filter}&${sorted}`), names, filter);
  }
});

test('what cannot be filtered, sorted or cut', async () => {
  for (const [query, type, message] of [
    ['foo=1&bar=2', 'HTTPBadRequest', "['foo', 'bar'] is invalid attribute for filtering"],
    ['subnets=x', 'HTTPBadRequest', "['subnets'] is invalid attribute for filtering"],
    [
      'admin_state_up=x',
      'InvalidInput',
      "Invalid input for operation: 'x' cannot be converted to boolean.",
    ],
    ['sort_key=name', 'HTTPBadRequest', 'The number of sort_keys and sort_dirs must be same'],
    ['sort_key=nope&sort_dir=asc', 'HTTPBadRequest', "['nope'] is invalid attribute for sort_keys"],
    [
      'sort_key=name&sort_dir=up',
      'HTTPBadRequest',
      "['up'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'",
    ],
    [
      'limit=-1',
      'BadRequest',
      "Bad limit request: Limit must be an integer 0 or greater and not '-1'.",
    ],
  ] as const) {
    assertFault(await api.request('GET', `networks?${query}`), 400, type, message);
  }
  assertFault(
    await api.request('GET', 'networks?limit=1&marker=nope'),
    404,
    'NetworkNotFound',
    'Network nope could not be found.',
  );
});

test('pages link to each other, forth and back', async () => {
  const seen: string[] = [];
  let next = 'networks?limit=2&sort_key=name&sort_dir=desc&fields=name';
  let previous = '';
  for (let page = 0; next !== '' && page < 5; page++) {
    const answer = (await api.request('GET', next)).json<{
      networks: { name: string }[];
      networks_links: { rel: string; href: string }[];
    }>();
    seen.push(...answer.networks.map(({ name }) => name));
    const link = (rel: string): string =>
      (answer.networks_links.find((other) => other.rel === rel)?.href ?? '').replace(
        `${cloud.url}/networking/v2.0/`,
        '',
      );
    next = link('next');
    previous = link('previous') || previous;
  }
  assert.deepEqual(seen, ['public', 'c', 'B', 'a']);
  assert.deepEqual(await api.names(previous), ['B', 'a']);
  const back = await api.names(
    `networks?limit=2&sort_key=name&sort_dir=desc&marker=${made[2]!.id}&page_reverse=true`,
  );
  assert.deepEqual(back, ['public', 'c']);
});

test('only the fields that are named', async () => {
  const [network] = await api.list('networks?name=a&fields=id&fields=name');
  assert.deepEqual(network, { id: made[1]!.id, name: 'a' });
  const one = await api.request('GET', `networks/${made[1]!.id}?fields=name`);
  assert.deepEqual(one.json(), { network: { name: 'a' } });
});

test('ports by address, subnet, device, security group', async () => {
  const { id } = made[0]!;
  const subnet = await api.make('subnet', { network_id: id, cidr: '10.5.0.0/24', ip_version: 4 });
  const port = (name: string, address: string, deviceId: string): Promise<Thing> =>
    api.make('port', {
      name,
      network_id: id,
      fixed_ips: [{ ip_address: address }],
      device_id: deviceId,
    });
  const one = await port('one', '10.5.0.10', 'x');
  await port('two', '10.5.0.20', 'y');
  for (const [filter, names] of [
    ['fixed_ips=ip_address%3D10.5.0.20', ['two']],
    [`fixed_ips=subnet_id%3D${subnet.id}`, ['one', 'two']],
    [`fixed_ips=subnet_id%3D${subnet.id}&fixed_ips=ip_address%3D10.5.0.10`, ['one']],
    ['fixed_ips=ip_address_substr%3D.0.2', ['two']],
    ['device_id=x&device_id=z', ['one']],
    [`mac_address=${String(one.mac_address).toUpperCase()}`, ['one']],
    [`security_groups=${(one.security_groups as string[])[0]!}`, ['one', 'two']],
    ['status=ACTIVE', []],
  ] as const) {
    const found = await api.names(`ports?${filter}&sort_key=name&sort_dir=asc`);
    assert.deepEqual(found, names, filter);
  }
  assertFault(
    await api.request('GET', 'ports?fixed_ips=bogus'),
    400,
    'InvalidInput',
    "Invalid input for operation: 'bogus' is not of the form <key>=[value].",
  );
});
