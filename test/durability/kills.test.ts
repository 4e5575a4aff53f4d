import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { emptyCloud, writes } from './cloud-client.js';
import { eventually, openWorld, type World } from './world.js';

type Requests = Record<string, number>;

/** When everything is killed, by what the cloud was asked for until then. */
const moments: [what: string, when: (requests: Requests) => boolean][] = [
  ['at the network', (requests) => (requests['POST network /networks'] ?? 0) > 0],
  ['at the master', (requests) => (requests['POST compute /servers'] ?? 0) > 0],
  ['among the minions', (requests) => (requests['POST compute /servers'] ?? 0) > 3],
  ['at the last minion', (requests) => (requests['POST compute /servers'] ?? 0) > minions],
  ['while they install', (requests) => reports(requests) > 2 * minions],
];
const minions = 20;

function reports(requests: Requests): number {
  return requests['PUT object-store /{container}/{object} (temp url)'] ?? 0;
}

describe('a bring-up whose worker, Temporal server and cloud are killed', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
  });
  after(() => world.dispose());

  it('goes on where it left off each time, and makes nothing twice', async () => {
    const up = ['up', '--minions', String(minions)];
    for (const [what, when] of moments) {
      const client = world.begin(up);
      await eventually(what, async () => when(await (await world.cloud()).requests()));
      await world.kill('worker', 'temporal', 'cloud');
      client.kill('SIGKILL');
    }
    const { code, phase, minions: shown, master } = await world.document(up);
    assert.equal(code, 0);
    assert.equal(phase, 'Ready');
    assert.equal(master.phase, 'Ready');
    assert.ok(shown.every((minion) => minion.phase === 'Ready'));

    const cloud = await world.cloud();
    const { servers, networks, subnets, keyPairs, objects, ports } = await cloud.contents();
    const names = Array.from({ length: minions }, (_, i) => `kubernetes-minion-${i + 1}`);
    assert.deepEqual(servers, [...names, 'kubernetes-master'].sort());
    assert.deepEqual(networks, ['kubernetes-pool-net']);
    assert.deepEqual(subnets, ['kubeup/kubernetes']);
    assert.deepEqual(keyPairs, ['id_kubernetes']);
    assert.equal(ports, minions + 1);
    assert.equal(objects.filter((name) => name.includes('/reports/')).length, minions + 1);
    assert.equal(objects.filter((name) => name.includes('/segments/')).length, 1);
    // Nothing was deleted: what is there is all that ever was.
    const counted = writes(await cloud.requests());
    const deletions = Object.keys(counted).filter((kind) => kind.startsWith('DELETE'));
    assert.deepEqual(deletions, [], JSON.stringify(counted));
  });

  it('writes nothing when it is brought up again', async () => {
    const cloud = await world.cloud();
    await cloud.admin('DELETE', '/requests');
    const { code, phase } = await world.document(['up', '--minions', String(minions)]);
    assert.equal(code, 0);
    assert.equal(phase, 'Ready');
    assert.deepEqual(writes(await cloud.requests()), {});
  });

  it('leaves nothing when it is torn down, killed on the way too', async () => {
    const client = world.begin(['down']);
    await eventually('the deletions begin', async () => {
      const requests = await (await world.cloud()).requests();
      return (requests['DELETE compute /servers/{server}'] ?? 0) >= 5;
    });
    await world.kill('worker', 'temporal', 'cloud');
    client.kill('SIGKILL');
    const { code, phase } = await world.document(['down']);
    assert.equal(code, 0);
    assert.equal(phase, 'Gone');
    assert.deepEqual(await (await world.cloud()).contents(), emptyCloud);
  });
});
