import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { account } from '../account.js';
import { startCloud, type TestAnswer, type TestCloud } from './start-cloud.js';

type Json = Record<string, unknown>;

let cloud: TestCloud;
before(async () => {
  cloud = await startCloud();
});
after(() => cloud.close());

const url = '/networking/v2.0';

async function made(kind: string, item: Json): Promise<Json> {
  const answer = await cloud.request('POST', `${url}/${kind}s`, { body: { [kind]: item } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json<Record<string, Json>>()[kind]!;
}

function assertFault(answer: TestAnswer, status: number, type: string, message: string): void {
  assert.deepEqual(
    { status: answer.status, body: answer.json() },
    { status, body: { NeutronError: { type, message, detail: '' } } },
  );
}

test('a network, its subnet, a port: made, listed, kept while in use, gone', async () => {
  const { projectId } = account(cloud.cloud.state);
  const network = await made('network', { name: 'kube-net', description: 'cluster a' });
  assert.deepEqual(
    {
      name: network.name,
      description: network.description,
      tenant_id: network.tenant_id,
      shared: network.shared,
      external: network['router:external'],
      subnets: network.subnets,
      status: network.status,
    },
    {
      name: 'kube-net',
      description: 'cluster a',
      tenant_id: projectId,
      shared: false,
      external: false,
      subnets: [],
      status: 'ACTIVE',
    },
  );

  const subnet = await made('subnet', {
    network_id: network.id,
    name: 'kube-net-subnet',
    cidr: '192.168.0.7/24',
    ip_version: 4,
    gateway_ip: null,
  });
  assert.equal(subnet.cidr, '192.168.0.0/24');
  assert.equal(subnet.gateway_ip, null);
  assert.deepEqual(subnet.allocation_pools, [{ start: '192.168.0.1', end: '192.168.0.254' }]);
  const listed = await cloud.request('GET', `${url}/subnets?network_id=${String(network.id)}`);
  assert.deepEqual(listed.json(), { subnets: [subnet] });

  const port = await made('port', { network_id: network.id });
  const fixed = (port.fixed_ips as { subnet_id: string; ip_address: string }[])[0]!;
  assert.equal(fixed.subnet_id, subnet.id);
  assert.match(fixed.ip_address, /^192\.168\.0\.\d+$/);
  assert.match(String(port.mac_address), /^fa:16:3e(:[0-9a-f]{2}){3}$/);

  const [networkId, subnetId, portId] = [network, subnet, port].map(({ id }) => String(id));
  assertFault(
    await cloud.request('DELETE', `${url}/networks/${networkId}`),
    409,
    'NetworkInUse',
    `Unable to complete operation on network ${networkId}. There are one or more ports still in ` +
      `use on the network, id for these ports is: ${portId}.`,
  );
  assertFault(
    await cloud.request('DELETE', `${url}/subnets/${subnetId}`),
    409,
    'SubnetInUse',
    `Unable to complete operation on subnet ${subnetId}: ` +
      'One or more ports have an IP allocation from this subnet.',
  );
  for (const path of [`ports/${portId}`, `networks/${networkId}`]) {
    assert.equal((await cloud.request('DELETE', `${url}/${path}`)).status, 204);
  }
  assertFault(
    await cloud.request('GET', `${url}/subnets/${subnetId}`),
    404,
    'SubnetNotFound',
    `Subnet ${subnetId} could not be found.`,
  );
  assertFault(
    await cloud.request('DELETE', `${url}/networks/${networkId}`),
    404,
    'NetworkNotFound',
    `Network ${networkId} could not be found.`,
  );
});

test('descriptions are an extension, which is listed', async () => {
  const { extensions } = (await cloud.request('GET', `${url}/extensions`)).json<{
    extensions: { alias: string }[];
  }>();
  assert.ok(extensions.some(({ alias }) => alias === 'standard-attr-description'));
  const one = await cloud.request('GET', `${url}/extensions/quotas`);
  assert.equal(one.json<Record<string, Json>>().extension?.alias, 'quotas');
  const none = await cloud.request('GET', `${url}/extensions/nope`);
  assert.equal(none.status, 404);
  assert.match(none.text, /Extension with alias nope does not exist/);
});
