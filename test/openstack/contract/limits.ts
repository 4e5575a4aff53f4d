import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer, imageId, microversion } from './booted.js';
import type { Case, Cloud } from './cloud.js';

function flavor(cloud: Cloud, name: string): Promise<string> {
  return cloud.shared(`flavor ${name}`, async () => {
    const list = (await cloud.compute.get('/flavors')).is(200).list('flavors');
    const found = list.find((item) => item.at('name') === name);
    assert.ok(found, name);
    return found.string('id');
  });
}

/** Flavors, images, limits, versions and what is asked without a token. */
export const limitCases: Case[] = [
  {
    name: 'flavors are listed, in detail, and shown',
    run: async (cloud) => {
      const list = (await cloud.compute.get('/flavors')).is(200);
      assert.deepEqual(list.keys('flavors.0'), ['id', 'links', 'name']);
      const id = await flavor(cloud, 'performance1-2');
      const answer = (await cloud.compute.get(`/flavors/${id}`)).is(200);
      assert.deepEqual(
        [
          'name',
          'ram',
          'vcpus',
          'disk',
          'swap',
          'OS-FLV-EXT-DATA:ephemeral',
          'os-flavor-access:is_public',
        ].map((name) => answer.at(`flavor.${name}`)),
        ['performance1-2', 2048, 2, 40, '', 0, true],
      );
      const detail = (await cloud.compute.get('/flavors/detail')).is(200);
      const one = detail.list('flavors').find((item) => item.at('id') === id);
      assert.deepEqual(one?.at(''), answer.at('flavor'));
    },
  },
  {
    name: 'an unknown flavor is not found',
    run: async (cloud) => {
      (await cloud.compute.get('/flavors/none')).nova(
        404,
        'itemNotFound',
        'Flavor none could not be found.',
      );
    },
  },
  {
    name: 'flavors are filtered by the memory and the disk they have at least',
    run: async (cloud) => {
      const answer = (await cloud.compute.get('/flavors/detail?minRam=4096')).is(200);
      assert.ok(answer.list('flavors').every((item) => item.number('ram') >= 4096));
      assert.ok(answer.list('flavors').length > 0);
      (await cloud.compute.get('/flavors?minRam=much')).is(400);
    },
  },
  {
    name: 'images are listed, found by name, and shown',
    run: async (cloud) => {
      const id = await imageId(cloud);
      const list = (await cloud.image.get('/images')).is(200);
      assert.ok(list.each('images', 'name').includes('Ubuntu 24.04'));
      const answer = (await cloud.image.get(`/images/${id}`)).is(200);
      assert.deepEqual(
        ['name', 'status', 'visibility', 'min_disk', 'min_ram', 'os_distro', 'os_version'].map(
          (name) => answer.at(name),
        ),
        ['Debian 12', 'active', 'public', 5, 512, 'debian', '12'],
      );
      assert.deepEqual((await cloud.image.get('/images?name=none')).at('images'), []);
    },
  },
  {
    name: 'an unknown image is not found',
    run: async (cloud) => {
      const id = randomUUID();
      const answer = (await cloud.image.get(`/images/${id}`)).is(404);
      assert.match(answer.text, new RegExp(`No image found with ID ${id}`));
      (await cloud.image.delete(`/images/${await imageId(cloud)}`)).is(403);
    },
  },
  {
    name: 'the limits tell what there may be and what there is',
    run: async (cloud) => {
      const answer = (await cloud.compute.get('/limits')).is(200);
      assert.deepEqual(answer.at('limits.rate'), []);
      const absolute = (name: string): unknown => answer.at(`limits.absolute.${name}`);
      assert.equal(absolute('maxTotalInstances'), 300);
      assert.equal(absolute('maxTotalCores'), 1200);
      assert.equal(absolute('maxTotalRAMSize'), 1024 * 1024);
      assert.equal(absolute('maxTotalKeypairs'), 100);
      assert.equal(absolute('maxServerMeta'), 128);
      assert.equal(absolute('maxPersonality'), 5);
      assert.equal(absolute('maxPersonalitySize'), 10240);
      assert.equal(typeof absolute('totalInstancesUsed'), 'number');
      assert.equal(typeof absolute('totalCoresUsed'), 'number');
      assert.equal(typeof absolute('totalRAMUsed'), 'number');
    },
  },
  {
    name: 'the limits count a server from its create on',
    run: async (cloud) => {
      const used = async (): Promise<number[]> => {
        const { absolute } = (await cloud.compute.get('/limits')).is(200).at('limits') as {
          absolute: Record<string, number>;
        };
        return ['totalInstancesUsed', 'totalCoresUsed', 'totalRAMUsed'].map(
          (name) => absolute[name] ?? 0,
        );
      };
      const before = await used();
      (await createServer(cloud, { flavorRef: '3' })).is(202);
      await cloud.eventually(async () => {
        const more = (await used()).map((value, i) => value - (before[i] ?? 0));
        assert.deepEqual(more, [1, 2, 4096]);
      });
    },
  },
  {
    name: 'the project’s quota is told by Compute and by Networking',
    run: async (cloud) => {
      const compute = (await cloud.compute.get(`/os-quota-sets/${cloud.projectId}`)).is(200);
      assert.deepEqual(
        ['id', 'instances', 'cores', 'ram', 'key_pairs', 'metadata_items'].map((name) =>
          compute.at(`quota_set.${name}`),
        ),
        [cloud.projectId, 300, 1200, 1024 * 1024, 100, 128],
      );
      const network = (await cloud.network.get(`/quotas/${cloud.projectId}`)).is(200);
      assert.deepEqual(
        ['network', 'subnet', 'port', 'security_group'].map((name) => network.at(`quota.${name}`)),
        [100, 100, 1000, 10],
      );
    },
  },
  {
    name: 'a quota is changed by administrators only',
    run: async (cloud) => {
      const body = { quota_set: { instances: 1 } };
      (await cloud.compute.put(`/os-quota-sets/${cloud.projectId}`, body)).is(403);
      (await cloud.network.put(`/quotas/${cloud.projectId}`, { quota: { port: 1 } })).is(403);
    },
  },
  {
    name: 'availability zones are told',
    run: async (cloud) => {
      const answer = (await cloud.compute.get('/os-availability-zone')).is(200);
      const zone = answer
        .list('availabilityZoneInfo')
        .find((item) => item.at('zoneName') === 'nova');
      assert.deepEqual(zone?.at('zoneState'), { available: true });
    },
  },
  {
    name: 'Compute tells its versions',
    run: async (cloud) => {
      const root = cloud.at(cloud.compute.url.replace(/\/v2\.1.*$/, ''));
      const list = (await root.send('GET', '/', { token: null })).is(200);
      const current = list.list('versions').find((item) => item.at('id') === 'v2.1');
      assert.deepEqual(
        ['status', 'min_version', 'version'].map((name) => current?.at(name)),
        ['CURRENT', '2.1', '2.93'],
      );
      const one = (await root.send('GET', '/v2.1/', { token: null })).is(200);
      assert.equal(one.at('version.version'), '2.93');
    },
  },
  {
    name: 'the microversion is told back, 2.1 unless another is asked for',
    run: async (cloud) => {
      const version = async (headers?: Record<string, string>) => {
        const answer = (await cloud.compute.get('/flavors', headers)).is(200);
        assert.match(answer.header('vary') ?? '', /OpenStack-API-Version/);
        return [
          answer.header('openstack-api-version'),
          answer.header('x-openstack-nova-api-version'),
        ];
      };
      assert.deepEqual(await version(), ['compute 2.1', '2.1']);
      assert.deepEqual(await version(microversion(26)), ['compute 2.26', '2.26']);
      assert.deepEqual(await version({ 'openstack-api-version': 'compute latest' }), [
        'compute 2.93',
        '2.93',
      ]);
      assert.deepEqual(await version({ 'x-openstack-nova-api-version': '2.20' }), [
        'compute 2.20',
        '2.20',
      ]);
      assert.deepEqual(await version({ 'openstack-api-version': 'volume 3.0' }), [
        'compute 2.1',
        '2.1',
      ]);
    },
  },
  {
    name: 'a microversion that there is not is not acceptable',
    run: async (cloud) => {
      const ask = (text: string) =>
        cloud.compute.get('/flavors', { 'openstack-api-version': `compute ${text}` });
      (await ask('2.94')).nova(
        406,
        'computeFault',
        'Version 2.94 is not supported by the API. Minimum is 2.1 and maximum is 2.93.',
      );
      (await ask('3.0')).is(406);
      (await ask('new')).nova(
        400,
        'badRequest',
        'API Version String new is of invalid format. Must be of format MajorNum.MinorNum.',
      );
    },
  },
  {
    name: 'Compute and Images want a token',
    run: async (cloud) => {
      const body = {
        error: {
          code: 401,
          title: 'Unauthorized',
          message: 'The request you have made requires authentication.',
        },
      };
      const compute = (await cloud.compute.send('GET', '/servers', { token: null })).says(
        401,
        body,
      );
      assert.match(compute.header('www-authenticate') ?? '', /^Keystone uri="/);
      (await cloud.compute.send('GET', '/servers', { token: 'nonsense' })).says(401, body);
      (await cloud.image.send('GET', '/images', { token: null })).is(401);
      (await cloud.compute.send('POST', '/servers', { token: null, json: {} })).is(401);
    },
  },
  {
    name: 'what Compute does not have is not found, and every answer has a request id',
    run: async (cloud) => {
      const answer = (await cloud.compute.get('/nothings')).is(404);
      assert.match(answer.header('x-openstack-request-id') ?? '', /^req-[0-9a-f-]{36}$/);
      assert.equal(answer.header('x-compute-request-id'), answer.header('x-openstack-request-id'));
      const network = await cloud.network.get('/networks?name=none');
      assert.match(network.header('x-openstack-request-id') ?? '', /^req-/);
    },
  },
  {
    name: 'Networking tells its versions',
    run: async (cloud) => {
      const root = cloud.at(cloud.network.url.replace(/\/v2\.0$/, ''));
      const answer = (await root.get('/')).is(200);
      assert.deepEqual(answer.each('versions', 'id'), ['v2.0']);
      assert.deepEqual(answer.each('versions', 'status'), ['CURRENT']);
    },
  },
];
