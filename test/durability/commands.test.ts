import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { create } from 'tar';
import { packageRoot } from '../../home/package-root.js';
import { emptyCloud, writes, type CloudClient } from './cloud-client.js';
import { eventually, openWorld, type World } from './world.js';

const launcher = fileURLToPath(new URL('../../kubeup', import.meta.url));

/** What is asked of a cluster that stands, rightly and wrongly. */
describe('a cluster that is Ready', () => {
  let world: World;
  let cloud: CloudClient;
  let ids: string[];
  before(async () => {
    world = await openWorld();
    assert.equal((await world.document(['up', '--minions', '2'])).code, 0);
    cloud = await world.cloud();
    ids = await idsOf();
  });
  after(() => world.dispose());

  async function idsOf(): Promise<string[]> {
    const { servers } = await cloud.call<{ servers: { id: string }[] }>(
      'compute',
      'GET',
      '/servers',
    );
    return servers.map(({ id }) => id).sort();
  }

  async function refused(
    args: string[],
    why: RegExp,
    env: Record<string, string> = {},
  ): Promise<void> {
    const { code, stderr } = await world.kubeup(args, env);
    assert.equal(code, 2, stderr);
    assert.match(stderr, why);
    assert.deepEqual(await idsOf(), ids);
    assert.equal((await world.document(['status'])).phase, 'Ready');
  }

  it('is not made smaller by up, and stays Ready', () =>
    refused(['up', '--minions', '1'], /kubernetes-minion-2.*kubeup scale --minions 1 deletes it/));

  it('is not given another release', async () => {
    const file = path.join(world.root, 'other.tar.gz');
    const folder = path.join(packageRoot(), 'release/sample');
    await create({ file, cwd: folder, gzip: true, prefix: './' }, [
      'install-master',
      'install-minion',
    ]);
    await refused(
      ['up', '--minions', '2', '--release', file],
      /kubernetes-master.*it runs release [0-9a-f]{12}, and [0-9a-f]{12} is asked for.*kubeup down/,
    );
  });

  it('is not scaled by a wrong name, or by two', async () => {
    await refused(['scale', 'never', '--minions', '1'], /never/);
    await refused(['scale', 'kubernetes', '--name', 'other', '--minions', '1'], /give one name/);
    const { servers } = await cloud.contents();
    assert.equal(servers.length, 3);
  });

  it('is another’s to an account that it does not belong to, which gets no worker for it', async () => {
    const other = {
      OS_AUTH_URL: 'http://127.0.0.1:9/v3',
      OS_REGION_NAME: 'RegionOne',
      OS_USERNAME: 'other',
      OS_PASSWORD: 'secret',
      OS_PROJECT_NAME: 'other',
    };
    for (const args of [['scale', '--minions', '1'], ['retry']]) {
      await refused(args, /belongs to account [0-9a-f]{8} .*Set the OS_\* variables/s, other);
    }
    assert.equal((await world.services()).workers.length, 1);
  });

  it('is not torn down with a policy that a tear-down does not have', async () => {
    await refused(['down', '--on-failure', 'rollback'], /must be hold or fail for a tear-down/);
    await refused(['down', '--on-failure', 'hodl'], /must be hold, fail or rollback/);
  });

  it('keeps its machines when another container is named', async () => {
    const up = ['up', '--minions', '2', '--container', 'another'];
    const { code, changes } = (await world.document(up)) as never as {
      code: number;
      changes: string[];
    };
    assert.equal(code, 0);
    assert.ok(changes.includes('adopted server kubernetes-master'), changes.join('\n'));
    assert.deepEqual(await idsOf(), ids);
  });

  it('has its machines started when they were stopped', async () => {
    const { minions } = await world.document(['status']);
    const [{ id } = { id: '' }] = minions;
    await cloud.call('compute', 'POST', `/servers/${id}/action`, { 'os-stop': null });
    const statusOf = async (): Promise<string> => {
      const { server } = await cloud.call<{ server: { status: string } }>(
        ...(['compute', 'GET', `/servers/${id}`] as const),
      );
      return server.status;
    };
    await eventually('it is off', async () => (await statusOf()) === 'SHUTOFF', 30);
    const { code } = await world.document(['up', '--minions', '2', '--container', 'another']);
    assert.equal(code, 0);
    assert.equal(await statusOf(), 'ACTIVE');
    assert.deepEqual(await idsOf(), ids);
  });

  it('keeps its worker when somebody mistypes the password', async () => {
    const { worker } = await world.services();
    const own = await world.account();
    const { code, stderr } = await world.kubeup(['status'], { ...own, OS_PASSWORD: 'wrong' });
    assert.equal(code, 2);
    assert.match(stderr, /OS_PASSWORD/);
    assert.equal((await world.services()).worker?.pid, worker?.pid);
  });

  it('shows as much as somebody reads', async () => {
    const { stderr } = await promisify(execFile)(
      ...(['bash', ['-c', '"$0" status | head -n 1', launcher], { env: world.env }] as const),
    );
    assert.doesNotMatch(stderr, /EPIPE|at /);
  });

  it('goes with all that it has in either container', async () => {
    await cloud.admin('DELETE', '/requests');
    assert.equal((await world.document(['down'])).phase, 'Gone');
    assert.deepEqual(await cloud.contents(), emptyCloud);
    assert.ok(
      Object.keys(writes(await cloud.requests())).every((kind) => !kind.startsWith('POST ')),
    );
  });
});
