import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { addNetwork, assertRefused, ComputeScene, type Json } from './compute-scene.js';
import { startCloud, type TestAnswer, type TestCloud } from './start-cloud.js';

const NOWHERE = '11111111-2222-4333-8444-555555555555';

describe('a create that Compute refuses', () => {
  let cloud: TestCloud;
  let scene: ComputeScene;

  before(async () => {
    cloud = await startCloud();
    scene = await ComputeScene.open(cloud);
  });
  after(() => cloud.close());

  const create = (more: Json, version?: string): Promise<TestAnswer> =>
    scene.call('POST', '/servers', { server: scene.wish(more) }, { version });

  // Each message is what Nova 26.2 answers to the same request.
  const refusals: [what: string, more: Json, status: number, message: string | RegExp][] = [
    ['an unknown image', { imageRef: NOWHERE }, 400, 'Can not find requested image'],
    ['no image', { imageRef: '' }, 400, 'Missing imageRef attribute'],
    [
      'an image that is no UUID',
      { imageRef: 'debian' },
      400,
      "Invalid input for field/attribute imageRef. Value: debian. 'debian' is not valid under any of the given schemas",
    ],
    ['an unknown flavor', { flavorRef: '99' }, 400, 'Flavor 99 could not be found.'],
    ['an unknown key pair', { key_name: 'none' }, 400, 'Invalid key_name provided.'],
    [
      'an unknown network',
      { networks: [{ uuid: NOWHERE }] },
      400,
      `Network ${NOWHERE} could not be found.`,
    ],
    [
      'a network that is no UUID',
      { networks: [{ uuid: 'net' }] },
      400,
      'Bad networks format: network uuid is not in proper format (net)',
    ],
    [
      'an unknown port',
      { networks: [{ port: NOWHERE }] },
      400,
      `Port id ${NOWHERE} could not be found.`,
    ],
    ['an empty name', { name: '' }, 400, /'' is too short$/],
    [
      'a name with spaces around it',
      { name: ' one' },
      400,
      "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.",
    ],
    [
      'unknown attributes',
      { zebra: 1, ant: 2 },
      400,
      /Additional properties are not allowed \('ant', 'zebra' were unexpected\)$/,
    ],
    [
      'metadata that is no text',
      { metadata: { a: 1 } },
      400,
      "Invalid input for field/attribute a. Value: 1. 1 is not of type 'string'",
    ],
    [
      'a metadata key of other characters',
      { metadata: { 'a/b': 'x' } },
      400,
      "Invalid input for field/attribute metadata. Value: {'a/b': 'x'}. 'a/b' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'",
    ],
    [
      'too much metadata',
      { metadata: Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, ''])) },
      403,
      'Maximum number of metadata items exceeds 128',
    ],
    [
      'user data that is no base64',
      { user_data: 'x' },
      400,
      "Invalid input for field/attribute user_data. Value: x. 'x' is not a 'base64'",
    ],
    ['too much user data', { user_data: 'QUJD'.repeat(16_384) }, 400, /' is too long$/],
    [
      'a security group that is not there',
      { security_groups: [{ name: 'none' }] },
      400,
      "Unable to find security_group with name or id 'none'",
    ],
    [
      'another availability zone',
      { availability_zone: 'mars' },
      400,
      'The requested availability zone is not available',
    ],
    [
      'a host',
      { availability_zone: 'nova:host' },
      403,
      "Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.",
    ],
    [
      'fewer at most than at least',
      { min_count: 3, max_count: 2 },
      400,
      'min_count must be <= max_count',
    ],
    [
      'too many files',
      { personality: Array.from({ length: 6 }, () => ({ path: '/a', contents: 'QQ==' })) },
      403,
      'Personality file limit exceeded',
    ],
    [
      'too large a file',
      { personality: [{ path: '/a', contents: 'QUJD'.repeat(3000) }] },
      403,
      'Personality file content exceeds maximum 10240',
    ],
  ];
  for (const [what, more, status, message] of refusals) {
    it(`for ${what}`, async () => {
      assertRefused(await create(more), status, message);
    });
  }

  it('for a body that is no JSON, or no server', async () => {
    assertRefused(await scene.call('POST', '/servers', '{'), 400, 'Malformed request body');
    assertRefused(
      await scene.call('POST', '/servers', '{}'),
      400,
      "'server' is a required property",
    );
    assertRefused(
      await scene.call('POST', '/servers', '{}', { headers: { 'content-type': 'text/xml' } }),
      415,
      'Unsupported Content-Type',
    );
  });

  it('for what a microversion has taken away or wants', async () => {
    assertRefused(await create({}, '2.37'), 400, /'networks' is a required property$/);
    assertRefused(
      await create({ networks: 'auto', personality: [] }, '2.57'),
      400,
      /Additional properties are not allowed \('personality' was unexpected\)$/,
    );
  });
});

describe('the networks of a new server', () => {
  let cloud: TestCloud;
  let scene: ComputeScene;

  before(async () => {
    cloud = await startCloud();
    scene = await ComputeScene.open(cloud);
  });
  after(() => cloud.close());

  const port = async (networkId: string): Promise<string> => {
    const made = await cloud.request('POST', '/networking/v2.0/ports', {
      body: { port: { network_id: networkId } },
    });
    assert.equal(made.status, 201, made.text);
    return made.json<{ port: { id: string } }>().port.id;
  };

  it('come from a port, which no second server gets', async () => {
    const id = await port(scene.networkId);
    const first = await scene.create({ name: 'first', networks: [{ port: id }] });
    const second = await scene.call('POST', '/servers', {
      server: scene.wish({ networks: [{ port: id }] }),
    });
    assertRefused(second, 409, `Port ${id} is still in use.`);
    await scene.settled(first, 'ACTIVE');
    const held = await scene.call('GET', `/servers/${first}/os-interface`);
    const { interfaceAttachments } = held.json<{ interfaceAttachments: { port_id: string }[] }>();
    assert.deepEqual(
      interfaceAttachments.map(({ port_id }) => port_id),
      [id],
    );

    await scene.call('DELETE', `/servers/${first}`);
    await scene.gone(first);
    const kept = await cloud.request('GET', `/networking/v2.0/ports/${id}`);
    assert.equal(kept.json<{ port: { device_id: string } }>().port.device_id, '');
  });

  it('are the only one there is, and must be named when there are two', async () => {
    const alone = await scene.create({ name: 'alone' });
    assert.deepEqual(Object.keys((await scene.settled(alone, 'ACTIVE')).addresses), ['one']);
    const other = await addNetwork(cloud, 'two', '10.2.0.0/24');
    assertRefused(
      await scene.call('POST', '/servers', { server: scene.wish() }),
      409,
      'Multiple possible networks found, use a Network ID to be more specific.',
    );
    const both = await scene.create({
      name: 'both',
      networks: [{ uuid: other }, { uuid: scene.networkId, fixed_ip: '10.1.0.77' }],
    });
    const { addresses } = await scene.settled(both, 'ACTIVE');
    assert.deepEqual(Object.keys(addresses), ['two', 'one']);
    assert.equal(addresses.one?.[0]?.addr, '10.1.0.77');
    assertRefused(
      await scene.call('POST', '/servers', {
        server: scene.wish({ networks: [{ uuid: scene.networkId, fixed_ip: '10.1.0.77' }] }),
      }),
      400,
      `Fixed IP address 10.1.0.77 is already in use on instance ${both}.`,
    );
  });

  it('are none when none are wanted', async () => {
    const id = await scene.create({ networks: 'none' }, '2.37');
    const server = await scene.settled(id, 'ACTIVE');
    assert.deepEqual(server.addresses, {});
    assert.equal('security_groups' in server, false);
  });
});

describe('the quota of servers', () => {
  let cloud: TestCloud;
  let scene: ComputeScene;

  beforeEach(async () => {
    cloud = await startCloud();
    scene = await ComputeScene.open(cloud);
  });
  afterEach(() => cloud.close());

  it('holds against creates at once', async () => {
    await cloud.admin('PUT', '/quota', { instances: 3 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => scene.call('POST', '/servers', { server: scene.wish() })),
    );
    const words = 'Quota exceeded for instances: Requested 1, but already used 3 of 3 instances';
    for (const answer of answers.filter(({ status }) => status !== 202)) {
      assert.equal(answer.status, 403);
      // How many are too many by then is a matter of the moment.
      assert.match(answer.text, /Requested 1, but already used [3-8] of 3 instances/);
    }
    // Those that were let in before the others were there end in ERROR, as there.
    const ids = answers
      .filter(({ status }) => status === 202)
      .map((answer) => answer.json<{ server: { id: string } }>().server.id);
    assert.ok(ids.length >= 3);
    const servers = await Promise.all(ids.map((id) => scene.settled(id, 'ACTIVE', 'ERROR')));
    assert.equal(servers.filter(({ status }) => status === 'ACTIVE').length, 3);
    for (const { fault } of servers.filter(({ status }) => status === 'ERROR')) {
      assert.deepEqual([fault?.code, fault?.message], [413, words]);
    }
  });

  it('counts cores and memory, and tells of all that is exceeded', async () => {
    await cloud.admin('PUT', '/quota', { instances: 10, cores: 3, ramMiB: 5000 });
    await scene.create({ flavorRef: '3' });
    assertRefused(
      await scene.call('POST', '/servers', { server: scene.wish({ flavorRef: '3' }) }),
      403,
      'Quota exceeded for cores, ram: Requested 2, 4096, but already used 2, 4096 of 3, 5000 cores, ram',
    );
  });

  it('makes as many of several as there is room for', async () => {
    await cloud.admin('PUT', '/quota', { instances: 3 });
    await scene.create({ name: 'few', min_count: 2, max_count: 9 });
    const names = (await scene.list('?name=few')).map(({ name }) => name);
    assert.deepEqual(names.sort(), ['few-1', 'few-2', 'few-3']);
  });

  it('is given back by a delete', async () => {
    await cloud.admin('PUT', '/quota', { instances: 1 });
    const id = await scene.create();
    await scene.call('DELETE', `/servers/${id}`);
    await scene.gone(id);
    await scene.create();
  });
});
