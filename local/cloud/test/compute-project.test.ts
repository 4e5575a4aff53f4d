import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { account } from '../account.js';
import { assertRefused, ComputeScene, type Json } from './compute-scene.js';
import { startCloud, type TestAnswer, type TestCloud } from './start-cloud.js';

describe('what Compute tells a project', () => {
  let cloud: TestCloud;
  let scene: ComputeScene;

  before(async () => {
    cloud = await startCloud();
    scene = await ComputeScene.open(cloud);
  });
  after(() => cloud.close());

  const get = (path: string, version?: string): Promise<TestAnswer> =>
    scene.call('GET', path, undefined, { version });

  it('flavors, by id, in pages and narrowed', async () => {
    const { flavors } = (await get('/flavors/detail?minRam=4096')).json<{ flavors: Json[] }>();
    assert.ok(flavors.length > 0);
    assert.ok(flavors.every(({ ram }) => Number(ram) >= 4096));
    const { flavor } = (await get('/flavors/2', '2.61')).json<{ flavor: Json }>();
    assert.equal(flavor.name, 'm1.small');
    assert.deepEqual(flavor.extra_specs, {});
    const page = (await get('/flavors?limit=1')).json<{ flavors: Json[]; flavors_links: Json[] }>();
    assert.deepEqual([page.flavors.length, page.flavors_links.length], [1, 1]);
    assertRefused(await get('/flavors/99'), 404, 'Flavor 99 could not be found.');
    assertRefused(await get('/flavors?minRam=x'), 400, 'Invalid minRam filter [x]');
    assertRefused(
      await scene.call('POST', '/flavors', { flavor: {} }),
      403,
      "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed.",
    );
  });

  it('images, until 2.36', async () => {
    const found = (await get('/images/detail?name=Debian+12')).json<{ images: Json[] }>();
    assert.deepEqual(
      found.images.map(({ id, status }) => [id, status]),
      [[scene.imageId, 'ACTIVE']],
    );
    assert.deepEqual((await get('/images?name=Debian')).json(), { images: [] });
    assert.equal((await get(`/images/${scene.imageId}`)).status, 200);
    assertRefused(await get('/images/none'), 404, 'Image not found.');
    assertRefused(await get('/images', '2.36'), 404, 'The resource could not be found.');
  });

  it('limits and quotas, with what is used', async () => {
    await scene.create({ flavorRef: '3' });
    const { limits } = (await get('/limits')).json<{ limits: { absolute: Json; rate: Json[] } }>();
    assert.equal(limits.absolute.maxTotalInstances, 300);
    assert.equal(limits.absolute.totalInstancesUsed, 1);
    assert.equal(limits.absolute.totalCoresUsed, 2);
    assert.equal(limits.absolute.totalRAMUsed, 4096);
    assert.deepEqual(limits.rate, []);
    const { projectId } = account(cloud.cloud.state);
    const detail = (await get(`/os-quota-sets/${projectId}/detail`)).json<{ quota_set: Json }>();
    assert.deepEqual(detail.quota_set.instances, { limit: 300, in_use: 1, reserved: 0 });
    assertRefused(
      await get('/os-quota-sets/other'),
      403,
      "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.",
    );
  });

  it('its zone, and nothing of its hosts', async () => {
    assert.deepEqual((await get('/os-availability-zone')).json(), {
      availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true }, hosts: null }],
    });
    assertRefused(
      await get('/os-services'),
      403,
      "Policy doesn't allow os_compute_api:os-services:list to be performed.",
    );
  });

  it('its versions, to everyone', async () => {
    const root = await cloud.request('GET', '/compute', { token: null });
    const { versions } = root.json<{ versions: { id: string; version: string }[] }>();
    assert.deepEqual(
      versions.map(({ id, version }) => [id, version]),
      [
        ['v2.0', ''],
        ['v2.1', '2.93'],
      ],
    );
    const own = await cloud.request('GET', '/compute/v2.1/', { token: null });
    assert.equal(own.json<{ version: { min_version: string } }>().version.min_version, '2.1');
  });

  it('which microversion it speaks, or why not', async () => {
    const plain = await get('/servers');
    assert.equal(plain.headers.get('openstack-api-version'), 'compute 2.1');
    const latest = await get('/servers', 'latest');
    assert.equal(latest.headers.get('openstack-api-version'), 'compute 2.93');
    assert.equal(latest.headers.get('x-openstack-nova-api-version'), '2.93');
    assertRefused(
      await get('/servers', '2.94'),
      406,
      'Version 2.94 is not supported by the API. Minimum is 2.1 and maximum is 2.93.',
    );
    assertRefused(
      await get('/servers', 'two'),
      400,
      'API Version String two is of invalid format. Must be of format MajorNum.MinorNum.',
    );
  });

  it('nothing where there is nothing', async () => {
    const page = await scene.call('GET', '/nothing', undefined, { headers: { accept: '*/*' } });
    assert.equal(page.status, 404);
    assert.match(page.text, /<h1>404 Not Found<\/h1>/);
    const json = await scene.call('PATCH', '/servers', undefined, {
      headers: { accept: 'application/json' },
    });
    assert.equal(json.status, 404);
    assert.equal(json.json<Json>().code, '404 Not Found');
  });
});
