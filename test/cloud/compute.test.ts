import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCloud } from '../../cloud/open.js';
import { failureOf, NEW_SERVER } from './calls.js';
import { bytes, json, scripted } from './scripted-cloud.js';

const nova = {
  id: 's1',
  name: 'kubernetes-master',
  status: 'ACTIVE',
  created: '2026-11-25T21:35:44Z',
  updated: '2026-11-25T21:35:46Z',
  tenant_id: 'p1',
  user_id: 'u1',
  metadata: { 'kubeup-role': 'master' },
  hostId: '6b0d8b0e',
  image: { id: 'i1', links: [] },
  flavor: { id: 'f1', links: [] },
  addresses: {
    'kubeup-net': [
      { version: 4, addr: '192.168.0.3', 'OS-EXT-IPS:type': 'fixed' },
      { version: 6, addr: 'fd00::3', 'OS-EXT-IPS:type': 'fixed' },
    ],
  },
  accessIPv4: '',
  key_name: 'k',
  config_drive: 'True',
  'OS-EXT-STS:task_state': null,
  'OS-EXT-STS:vm_state': 'active',
};
const server = {
  id: 's1',
  name: 'kubernetes-master',
  status: 'ACTIVE',
  created: '2026-11-25T21:35:44Z',
  metadata: { 'kubeup-role': 'master' },
  imageId: 'i1',
  flavorId: 'f1',
  addresses: { 'kubeup-net': ['192.168.0.3'] },
  deleting: false,
};

test('a server is created by one POST, user-data in base64, with config drive', async (t) => {
  const posts: unknown[] = [];
  const { cloud } = await scripted(t, async (request, response) => {
    assert.equal(`${request.method} ${request.url}`, 'POST /compute/v2.1/servers');
    posts.push(JSON.parse((await bytes(request)).toString()));
    json(response, 202, { server: { id: 's1', adminPass: 'WbUczHCmLV42', links: [] } });
  });
  const userData = '#cloud-config\n# é\n';
  assert.deepEqual(await cloud.compute.createServer({ ...NEW_SERVER, userData }), { id: 's1' });
  assert.deepEqual(posts, [
    {
      server: {
        name: 'kubernetes-master',
        imageRef: 'i',
        flavorRef: 'f',
        key_name: 'k',
        networks: [{ uuid: 'n1' }],
        metadata: NEW_SERVER.metadata,
        user_data: Buffer.from(userData, 'utf8').toString('base64'),
        config_drive: true,
      },
    },
  ]);
});

test('networks are attached in the order of the interfaces; without any, none is named', async (t) => {
  const networks: unknown[] = [];
  const { cloud } = await scripted(t, async (request, response) => {
    const body = JSON.parse((await bytes(request)).toString()) as { server: object };
    networks.push('networks' in body.server ? body.server.networks : 'not named');
    json(response, 202, { server: { id: 's1' } });
  });
  await cloud.compute.createServer({ ...NEW_SERVER, networkIds: ['n2', 'n1', 'n3'] });
  await cloud.compute.createServer({ ...NEW_SERVER, networkIds: [] });
  assert.deepEqual(networks, [[{ uuid: 'n2' }, { uuid: 'n1' }, { uuid: 'n3' }], 'not named']);
});

test('at Rackspace PublicNet and ServiceNet go with any other network', async (t) => {
  const { cloud, behind } = await scripted(t, () => undefined);
  assert.deepEqual(cloud.compute.baseNetworkIds, []);
  assert.deepEqual(openCloud(behind.rackspaceAccount()).compute.baseNetworkIds, [
    '00000000-0000-0000-0000-000000000000',
    '11111111-1111-1111-1111-111111111111',
  ]);
});

test('a server is told in the words of the port, what the cloud leaves out left out', async (t) => {
  const faulty = {
    ...nova,
    status: 'ERROR',
    image: '',
    addresses: {},
    key_name: null,
    fault: { code: 500, message: 'No valid host was found.', created: '' },
    'OS-EXT-STS:task_state': 'deleting',
  };
  const { cloud } = await scripted(t, (request, response) => {
    assert.ok(request.path.startsWith('/v2.1/servers/'));
    json(response, 200, { server: request.path.endsWith('/s1') ? nova : faulty });
  });
  assert.deepEqual(await cloud.compute.getServer('s1'), server);
  assert.deepEqual(await cloud.compute.getServer('s2'), {
    id: 's1',
    name: 'kubernetes-master',
    status: 'ERROR',
    created: '2026-11-25T21:35:44Z',
    metadata: { 'kubeup-role': 'master' },
    imageId: '',
    flavorId: 'f1',
    addresses: {},
    deleting: true,
    fault: 'No valid host was found.',
  });
});

test('what the cloud does not know is absent, and deleting it again is no error', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    json(response, 404, {
      itemNotFound: { code: 404, message: 'Instance s9 could not be found.' },
    });
  });
  assert.equal(await cloud.compute.getServer('s9'), undefined);
  await cloud.compute.deleteServer('s9');
});

test('a name is filtered as the regular expression that means it, and checked again', async (t) => {
  const asked: (string | null)[] = [];
  const name = 'a.b+(c)[d]$^*?{1}|\\-x';
  const { cloud } = await scripted(t, (request, response) => {
    const filter = new URL(request.url ?? '', 'http://x').searchParams.get('name') ?? '';
    asked.push(filter);
    // As Nova does, which lets the database compare without regard to case.
    const matching = [name, name.toUpperCase(), 'aXb', `x${name}`, `${name}x`].filter((candidate) =>
      new RegExp(filter, 'i').test(candidate),
    );
    json(response, 200, {
      servers: matching.map((match, i) => ({ ...nova, id: `s${i}`, name: match })),
    });
  });
  const found = await cloud.compute.listServers({ name });
  assert.deepEqual(asked, [String.raw`^a\.b\+\(c\)\[d\]\$\^\*\?\{1\}\|\\-x$`]);
  assert.deepEqual(
    found.map((one) => one.name),
    [name],
  );
});

for (const [kind, collection, item] of [
  ['image', 'images', { status: 'ACTIVE' }],
  ['flavor', 'flavors', { ram: 512, vcpus: 1 }],
] as const) {
  test(`two of one ${kind} name are an error naming both ids; an id beats a name`, async (t) => {
    const all = [
      { ...item, id: '1', name: 'twice' },
      { ...item, id: '2', name: 'twice' },
      { ...item, id: 'twice-by-id', name: 'other' },
      { ...item, id: '4', name: 'twice-by-id' },
    ];
    const { cloud } = await scripted(t, (request, response) => {
      const name = new URL(request.url ?? '', 'http://x').searchParams.get('name');
      // Glance's filter knows names only, and a stranger cloud none.
      json(response, 200, {
        [collection]: kind === 'image' && name === 'twice' ? all.slice(0, 2) : all,
      });
    });
    const find = (nameOrId: string): Promise<{ id: string } | undefined> =>
      kind === 'image' ? cloud.compute.findImage(nameOrId) : cloud.compute.findFlavor(nameOrId);
    const failure = await failureOf(find('twice'));
    assert.deepEqual([failure.kind, failure.reason], ['blocked', 'Ambiguous']);
    assert.match(failure.message, /1, 2$/);
    assert.equal((await find('twice-by-id'))?.id, 'twice-by-id');
    assert.equal(await find('Twice'), undefined);
  });
}

test('an image is found by its id, and by a name that looks like one', async (t) => {
  const id = '58b0dd3c-fb2d-487d-84fd-77914cafdba0';
  const image = { id, name: 'debian-12', status: 'SAVING' };
  const { cloud } = await scripted(t, (request, response) => {
    if (request.path === `/v2.1/images/${id}`) {
      json(response, 200, { image });
    } else if (request.path.startsWith('/v2.1/images/detail?')) {
      const name = new URL(request.url ?? '', 'http://x').searchParams.get('name') ?? '';
      json(response, 200, { images: [{ id: 'i2', name, status: 'ACTIVE' }] });
    } else {
      json(response, 404, { itemNotFound: { code: 404, message: 'Image not found.' } });
    }
  });
  assert.deepEqual(await cloud.compute.findImage(id), { id, name: 'debian-12', status: 'saving' });
  const name = id.replace('58b0', 'ffff');
  assert.deepEqual(await cloud.compute.findImage(name), { id: 'i2', name, status: 'active' });
});

test('an image that cannot be booted is no choice beside one that can', async (t) => {
  const name = 'debian';
  const image = (id: string, status: string): Record<string, string> => ({ id, name, status });
  let images: Record<string, string>[] = [];
  const { cloud } = await scripted(t, (_request, response) => {
    json(response, 200, { images });
  });
  images = [image('broken', 'SAVING'), image('whole', 'ACTIVE'), image('away', 'UNKNOWN')];
  assert.deepEqual(await cloud.compute.findImage(name), { id: 'whole', name, status: 'active' });
  images = [image('broken', 'SAVING')];
  assert.deepEqual(await cloud.compute.findImage(name), { id: 'broken', name, status: 'saving' });
  images = [image('one', 'ACTIVE'), image('broken', 'SAVING'), image('two', 'ACTIVE')];
  assert.match((await failureOf(cloud.compute.findImage(name))).message, /one, two$/);
});

test('an image is found by a name that Glance takes for an operator', async (t) => {
  const name = 'debian: 12';
  const { cloud } = await scripted(t, (request, response) => {
    const filter = new URL(request.url ?? '', 'http://x').searchParams.get('name');
    const [operator] = filter?.split(':') ?? [];
    const message = `HTTP 400 Bad Request: Unable to filter by unknown operator '${operator}'.`;
    if (filter !== null) json(response, 400, { badRequest: { code: 400, message } });
    else json(response, 200, { images: [{ id: 'i1', name, status: 'ACTIVE' }] });
  });
  assert.equal((await cloud.compute.findImage(name))?.id, 'i1');
});

test('limits: -1 and silence mean none', async (t) => {
  const absolute = {
    maxTotalInstances: 20,
    totalInstancesUsed: 3,
    maxTotalCores: -1,
    totalCoresUsed: 7,
    totalRAMUsed: 2048,
  };
  const { cloud } = await scripted(t, (_request, response) =>
    json(response, 200, { limits: { rate: [], absolute } }),
  );
  assert.deepEqual(await cloud.compute.limits(), {
    instances: { limit: 20, used: 3 },
    cores: { used: 7 },
    ramMiB: { used: 2048 },
  });
});
