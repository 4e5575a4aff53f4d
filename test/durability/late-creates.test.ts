import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyCloud, type CloudClient } from './cloud-client.js';
import { eventually, openWorld, type World } from './world.js';

const names = ['kubernetes-master', 'kubernetes-minion-1', 'kubernetes-minion-2'];

/** So long Nova works at a create before anybody sees its server: longer than a dead worker is missed. */
const delayMs = 14_000;

/**
 * A listing that lags: a create outlives the worker that asked for it, and whoever looks meanwhile sees nothing.
 */
describe('servers that appear late', () => {
  let world: World;
  let cloud: CloudClient;
  before(async () => {
    world = await openWorld();
    await world.kubeup(['local', 'start']);
    cloud = await world.cloud();
  });
  after(() => world.dispose());

  it('are doubles, of which one is kept', async () => {
    const match = { method: 'POST', service: 'compute', path: '^/servers$' };
    await cloud.admin('POST', '/faults', { match, after: 1, times: 2, action: { delayMs } });
    const client = world.begin(['up', '--minions', '2']);
    const asked = async (): Promise<number> =>
      (await cloud.requests())['POST compute /servers'] ?? 0;
    await eventually('both minions are asked for', async () => (await asked()) >= 3);
    await world.kill('worker');
    client.kill('SIGKILL');

    assert.equal((await world.document(['up', '--minions', '2'])).phase, 'Ready');
    // The late ones may come when the run is over: whoever looks next finds them.
    await eventually('the late ones are there', async () => {
      const rules = await cloud.admin<{ hits: number }[]>('GET', '/faults');
      const { servers } = await cloud.contents();
      return rules.every(({ hits }) => hits === 2) && servers.length >= 3;
    });
    await sleep(delayMs);
    const { code, phase } = await world.document(['up', '--minions', '2']);
    assert.equal(code, 0);
    assert.equal(phase, 'Ready');
    const { servers, ports } = await cloud.contents();
    assert.deepEqual(servers, names);
    assert.equal(ports, 3);
    assert.ok((await asked()) >= 5, 'doubles were made');
    assert.equal((await world.document(['down'])).phase, 'Gone');
    assert.deepEqual(await cloud.contents(), emptyCloud);
  });
});
