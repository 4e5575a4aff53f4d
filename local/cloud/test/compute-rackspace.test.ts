import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addNetwork, assertRefused, ComputeScene, type Json } from './compute-scene.js';
import { startCloud, type TestCloud } from './start-cloud.js';

const PUBLIC_NET = { uuid: '00000000-0000-0000-0000-000000000000' };
const SERVICE_NET = { uuid: '11111111-1111-1111-1111-111111111111' };

describe("Rackspace's Compute", () => {
  let cloud: TestCloud;
  let scene: ComputeScene;

  before(async () => {
    cloud = await startCloud({ profile: 'rackspace' });
    await cloud.admin('PUT', '/rate-limits', { limits: [] });
    scene = await ComputeScene.open(cloud);
  });
  after(() => cloud.close());

  it('puts a server on PublicNet and ServiceNet, and tells its public address', async () => {
    const id = await scene.create({ name: ' spaced ', unknown: true, user_data: null });
    const server = await scene.settled(id, 'ACTIVE');
    assert.equal(server.name, 'spaced');
    assert.deepEqual(Object.keys(server.addresses), ['public', 'private']);
    assert.deepEqual(Object.keys(server.addresses.public?.[0] ?? {}).sort(), ['addr', 'version']);
    assert.equal(server.accessIPv4, server.addresses.public?.[0]?.addr);
    assert.equal(server.progress, 100);
    assert.equal('OS-EXT-AZ:availability_zone' in server, false);
    const [self] = server.links as { href: string }[];
    assert.equal(self?.href, `${cloud.url}/compute/v2/812345/servers/${id}`);
  });

  it('wants both of them named as soon as any network is', async () => {
    const uuid = await addNetwork(cloud, 'kube', '192.168.0.0/24');
    assertRefused(
      await scene.call('POST', '/servers', {
        server: scene.wish({ networks: [PUBLIC_NET, { uuid }] }),
      }),
      400,
      `Networks (${SERVICE_NET.uuid}) required but missing`,
    );
    const id = await scene.create({ networks: [PUBLIC_NET, SERVICE_NET, { uuid }] });
    const { addresses } = await scene.settled(id, 'ACTIVE');
    assert.deepEqual(Object.keys(addresses), ['public', 'private', 'kube']);
  });

  it('knows no microversions', async () => {
    const answer = await scene.call('GET', '/servers', undefined, { version: '2.93' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('openstack-api-version'), null);
  });

  it('takes 40 pairs of metadata and files of 1000 bytes', async () => {
    const metadata = Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`k${i}`, '']));
    assertRefused(
      await scene.call('POST', '/servers', { server: scene.wish({ metadata }) }),
      403,
      'Maximum number of metadata items exceeds 40',
    );
    const contents = Buffer.alloc(1001).toString('base64');
    assertRefused(
      await scene.call('POST', '/servers', {
        server: scene.wish({ personality: [{ path: '/a', contents }] }),
      }),
      403,
      'Personality file content exceeds maximum 1000',
    );
  });

  it('tells of its rate limits', async () => {
    const limit = { verb: 'POST', regex: '^compute /servers$', value: 7, windowSeconds: 86400 };
    await cloud.admin('PUT', '/rate-limits', { limits: [limit] });
    await scene.create();
    const { limits } = (await scene.call('GET', '/limits')).json<{
      limits: { rate: { regex: string; limit: Json[] }[] };
    }>();
    assert.equal(limits.rate[0]?.regex, '/servers$');
    assert.equal(limits.rate[0].limit[0]?.remaining, 6);
    assert.equal(limits.rate[0].limit[0].unit, 'DAY');
  });
});
