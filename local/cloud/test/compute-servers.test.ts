import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRefused, ComputeScene } from './compute-scene.js';
import { startCloud, type TestCloud } from './start-cloud.js';

describe('servers of the local cloud', () => {
  let cloud: TestCloud;
  let scene: ComputeScene;

  before(async () => {
    // Slow enough to be seen on the way.
    cloud = await startCloud({ times: { createMs: 0, buildMs: 200, deleteMs: 600, powerMs: 10 } });
    scene = await ComputeScene.open(cloud);
  });
  after(() => cloud.close());

  it('are built after the answer, and show their addresses only then', async () => {
    const answer = await scene.call('POST', '/servers', { server: scene.wish({ name: 'built' }) });
    assert.equal(answer.status, 202);
    const { server } = answer.json<{ server: Record<string, unknown> }>();
    assert.deepEqual(Object.keys(server).sort(), [
      'OS-DCF:diskConfig',
      'adminPass',
      'id',
      'links',
      'security_groups',
    ]);
    assert.equal(answer.headers.get('location'), (server.links as { href: string }[])[0]?.href);
    const building = await scene.server(String(server.id));
    assert.equal(building.status, 'BUILD');
    assert.deepEqual(building.addresses, {});

    const active = await scene.settled(String(server.id), 'ACTIVE');
    const [address] = active.addresses.one ?? [];
    assert.match(String(address?.addr), /^10\.1\.0\.\d+$/);
    assert.equal(active['OS-EXT-STS:vm_state'], 'active');
    assert.equal(active['OS-EXT-STS:power_state'], 1);
    assert.deepEqual(active.security_groups, [{ name: 'default' }]);
    assert.match(String(active['OS-SRV-USG:launched_at']), /T\d\d:\d\d:\d\d\.000000$/);
  });

  it('linger while they are deleted, then are not found', async () => {
    const id = await scene.create({ name: 'deleted' });
    await scene.settled(id, 'ACTIVE');
    assert.equal((await scene.call('DELETE', `/servers/${id}`)).status, 204);
    const listed = await scene.list('?name=%5Edeleted%24');
    assert.deepEqual(
      listed.map((server) => server['OS-EXT-STS:task_state']),
      ['deleting'],
    );
    await scene.gone(id);
    assertRefused(
      await scene.call('GET', `/servers/${id}`),
      404,
      `Instance ${id} could not be found.`,
    );
    assertRefused(
      await scene.call('DELETE', `/servers/${id}`),
      404,
      `Instance ${id} could not be found.`,
    );
    const changed = await scene.list('?changes-since=2020-01-01T00:00:00Z');
    assert.equal(changed.find((server) => server.id === id)?.status, 'DELETED');
    assert.deepEqual(await scene.list('?name=%5Edeleted%24'), []);
  });

  it('end as the machine rules of their creation say', async () => {
    await cloud.admin('POST', '/machine-rules', { name: '^fails', build: 'error', times: 1 });
    const failed = await scene.create({ name: 'fails' });
    const server = await scene.settled(failed, 'ERROR');
    assert.equal(server.fault?.code, 500);
    assert.match(server.fault.message, /^No valid host was found/);

    await cloud.admin('POST', '/machine-rules', { name: '^never', build: 'never' });
    const never = await scene.create({ name: 'never' });
    const next = await scene.create({ name: 'fails' });
    await scene.settled(next, 'ACTIVE');
    assert.equal((await scene.server(never)).status, 'BUILD');
  });

  it('are changed by PUT', async () => {
    const id = await scene.create({ name: 'changed' });
    await scene.settled(id, 'ACTIVE');
    const answer = await scene.call('PUT', `/servers/${id}`, {
      server: { name: 'renamed', accessIPv4: '192.0.2.1' },
    });
    assert.equal(answer.status, 200);
    const { server } = answer.json<{ server: Record<string, unknown> }>();
    assert.equal(server.name, 'renamed');
    assert.equal(server.accessIPv4, '192.0.2.1');
    assert.equal('OS-EXT-STS:vm_state' in server, false);
    assertRefused(
      await scene.call('PUT', `/servers/${id}`, { server: { name: '' } }),
      400,
      "Invalid input for field/attribute name. Value: . '' is too short",
    );
  });

  it('show more from microversion to microversion', async () => {
    const id = await scene.create({ name: 'versions' });
    await scene.settled(id, 'ACTIVE');
    const old = await scene.server(id);
    assert.deepEqual((old.flavor as { id: string }).id, '2');
    assert.equal('locked' in old, false);
    const newest = await scene.server(id, '2.93');
    assert.equal((newest.flavor as { original_name: string }).original_name, 'm1.small');
    assert.equal(newest.locked, false);
    assert.equal(newest.description, 'versions');
    assert.deepEqual(newest.tags, []);
    assert.equal(newest['OS-EXT-SRV-ATTR:hostname'], 'versions');
    assert.deepEqual(newest.server_groups, []);
  });

  it('are what they were after the cloud starts again', async () => {
    const active = await scene.create({ name: 'kept' });
    await scene.settled(active, 'ACTIVE');
    const before = await scene.server(active);
    const building = await scene.create({ name: 'kept-building' });
    await cloud.restart();
    assert.deepEqual(await scene.server(active), before);
    await scene.settled(building, 'ACTIVE');
  });
});

describe('a list of servers', () => {
  let cloud: TestCloud;
  let scene: ComputeScene;
  let ids: string[];

  before(async () => {
    cloud = await startCloud();
    scene = await ComputeScene.open(cloud);
    ids = [];
    for (const name of ['c-master', 'c-minion-1', 'c-minion-10']) {
      ids.push(await scene.create({ name, metadata: { cluster: 'c' } }));
    }
    for (const id of ids) await scene.settled(id, 'ACTIVE');
  });
  after(() => cloud.close());

  const names = async (query: string): Promise<string[]> =>
    (await scene.list(query)).map(({ name }) => name);

  it('is newest first', async () => {
    assert.deepEqual(await names(''), ['c-minion-10', 'c-minion-1', 'c-master']);
    assert.deepEqual(await names('?sort_key=display_name&sort_dir=asc'), [
      'c-master',
      'c-minion-1',
      'c-minion-10',
    ]);
  });

  it('takes a name for a regular expression, anchored nowhere, whatever the case', async () => {
    assert.deepEqual(await names('?name=MINION-1'), ['c-minion-10', 'c-minion-1']);
    assert.deepEqual(await names('?name=%5Ec-minion-1%24'), ['c-minion-1']);
    assertRefused(
      await scene.call('GET', '/servers?name=%5B'),
      400,
      "Invalid input for query parameters name. Value: [. '[' is not a 'regex'",
    );
  });

  it('comes in pages, and says where the next one is', async () => {
    const found: string[] = [];
    let path = '/servers/detail?limit=2';
    for (;;) {
      const answer = await scene.call('GET', path);
      const page = answer.json<{
        servers: { name: string }[];
        servers_links?: { rel: string; href: string }[];
      }>();
      found.push(...page.servers.map(({ name }) => name));
      const next = page.servers_links?.find(({ rel }) => rel === 'next');
      if (next === undefined) break;
      path = next.href.slice(next.href.indexOf('/servers'));
    }
    assert.deepEqual(found, ['c-minion-10', 'c-minion-1', 'c-master']);
    assertRefused(await scene.call('GET', '/servers?marker=x'), 400, 'marker [x] not found');
    assertRefused(await scene.call('GET', '/servers?limit=-1'), 400, /'-1' does not match/);
  });

  it('is narrowed by status, image, flavor and address', async () => {
    assert.equal((await names('?status=active')).length, 3);
    assert.deepEqual(await names('?status=ERROR'), []);
    assert.deepEqual(await names('?status=nonsense'), []);
    assert.deepEqual(await names('?flavor=3'), []);
    const [server] = await scene.list('?name=master');
    const address = server?.addresses.one?.[0]?.addr ?? '';
    assert.ok((await names(`?ip=${address}`)).includes('c-master'));
    assertRefused(
      await scene.call('GET', '/servers?status=DELETED'),
      403,
      'Only administrators may list deleted instances',
    );
    assertRefused(
      await scene.call('GET', '/servers?all_tenants=1'),
      403,
      "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.",
    );
  });

  it('shows with changes-since what has changed only', async () => {
    const [server] = await scene.list('?name=master');
    const since = new Date(Date.parse(String(server?.updated)) + 3_600_000).toISOString();
    assert.deepEqual(await names(`?changes-since=${since}`), []);
    assert.equal((await names('?changes-since=2020-01-01T00:00:00Z')).length, 3);
    assertRefused(
      await scene.call('GET', '/servers?changes-since=yesterday'),
      400,
      "Invalid input for query parameters changes-since. Value: yesterday. 'yesterday' is not a 'date-time'",
    );
  });

  it('reads the ports once, however many servers there are', async () => {
    const { ports } = cloud.cloud.state;
    const all = ports.all.bind(ports);
    const id = await scene.create({ name: 'crowd', min_count: 30 });
    await scene.settled(id, 'ACTIVE');
    for (const server of await scene.list('?name=crowd')) await scene.settled(server.id, 'ACTIVE');
    let reads = 0;
    ports.all = () => {
      reads += 1;
      return all();
    };
    const listed = await scene.list('?name=crowd');
    assert.deepEqual([listed.length, reads], [30, 1]);
    assert.ok(listed.every(({ addresses }) => addresses.one?.length === 1));
  });
});
