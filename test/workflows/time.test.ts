import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { conditionOf } from './conditions.js';
import { busy, quota } from './failures.js';
import { bringUpRequest, Stage } from './stage.js';

const minutes = 60_000;

/** One after another: the server's clock is one for all. */
describe('Waiting', { timeout: 180_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open({ skipsTime: true })));
  after(() => stage.close());

  /** Server time that passes meanwhile, milliseconds. */
  async function lasts(work: () => Promise<unknown>): Promise<number> {
    const begin = await stage.env.currentTimeMs();
    await work();
    return (await stage.env.currentTimeMs()) - begin;
  }

  it('replaces a silent minion at its deadline', async () => {
    const world = stage.world();
    world.watcher.manner = 'faltering';
    world.fate('minion-1', 'silent', 'ready');
    const request = bringUpRequest(world.cluster, { minions: 2, machineTimeoutSeconds: 1200 });
    const took = await lasts(async () => {
      const status = await stage.broughtUp(request);
      assert.deepEqual(
        status.minions.map(({ attempts }) => attempts),
        [2, 1],
      );
      assert.match(
        status.changes.join('\n'),
        /replaced \S+-minion-1: not ready after 1200 s: server ACTIVE, it never reported/,
      );
    });
    assert.ok(took >= 20 * minutes && took < 22 * minutes, `took ${took} ms`);
  });

  it('gives a silent master up after a deadline for each of its servers', async () => {
    const world = stage.world();
    world.watcher.manner = 'faltering';
    world.fate('master', 'silent', 'silent', 'ready');
    const request = bringUpRequest(world.cluster, { minions: 1, maxReplacements: 1 });
    const running = await stage.bringUp(request);
    const took = await lasts(async () => {
      const blocked = await stage.until(running, 'Blocked');
      assert.match(
        conditionOf(blocked, 'MasterReady').message,
        /given up after 2 servers; the last: not ready after 600 s.*console-log/,
      );
      assert.equal(blocked.master.phase, 'Failed');
    });
    assert.ok(took >= 20 * minutes && took < 23 * minutes, `took ${took} ms`);
    world.lose('master');
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('finds the master and its minions by asking when no signal comes', async () => {
    const world = stage.world();
    world.watcher.manner = 'mute';
    const took = await lasts(async () => {
      const status = await stage.broughtUp(bringUpRequest(world.cluster));
      assert.equal(status.phase, 'Ready');
      assert.equal(status.master.phase, 'Ready');
      assert.equal(status.master.address, world.server('master')?.address);
      assert.deepEqual(
        status.minions.map(({ phase, address }) => ({ phase, address })),
        [1, 2, 3].map((i) => ({ phase: 'Ready', address: world.server(`minion-${i}`)?.address })),
      );
    });
    assert.equal(world.count('create'), 4);
    assert.equal(world.count('lookAtMachine'), 4);
    assert.ok(took >= 10 * minutes && took < 12 * minutes, `took ${took} ms`);
  });

  it('asks about the master every half minute until it is ready', async () => {
    const world = stage.world();
    world.watcher.manner = 'mute';
    world.fate('master', 'silent');
    const running = await stage.bringUp(bringUpRequest(world.cluster, { minions: 0 }));
    await stage.env.sleep('3m');
    assert.ok(world.count('lookAtMachine') >= 4, `${world.count('lookAtMachine')} looks`);
    world.server('master')!.report = 'ready';
    const took = await lasts(() => running.result());
    assert.ok(took <= minutes, `took ${took} ms`);
  });

  it('goes on at retry when it was blocked for days', async () => {
    const world = stage.world();
    world.fail('ensureNetwork', quota);
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, 'Blocked');
    const calls = [...world.calls];
    await stage.env.sleep('9 days');
    assert.deepEqual(world.calls, calls);
    world.watcher.manner = 'faltering';
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
    assert.equal(world.count('create'), 4);
  });

  it('asks before it replaces what came up while the worker was away', async () => {
    const world = stage.world();
    world.watcher.manner = 'mute';
    world.fate('minion-1', 'silent');
    world.fate('minion-2', 'silent', 'ready');
    const running = await stage.bringUp(bringUpRequest(world.cluster, { minions: 2 }));
    while (world.count('create') < 3) await stage.env.sleep('1s');
    await stage.stopWorker();
    await stage.env.sleep('1h');
    world.server('minion-1')!.report = 'ready';
    await stage.startWorker();
    const status = await running.result();
    assert.deepEqual(
      status.minions.map(({ attempts, phase }) => ({ attempts, phase })),
      [1, 2].map((attempts) => ({ attempts, phase: 'Ready' })),
    );
    assert.equal(world.count('create minion-1'), 1);
  });

  it('parks when retrying has not helped for some minutes, and tries anew at retry', async () => {
    const world = stage.world();
    world.watcher.manner = 'faltering';
    world.fail('ensureNetwork', ...Array.from({ length: 24 }, () => busy));
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    const took = await lasts(async () => {
      const blocked = await stage.until(running, 'Blocked');
      assert.equal(conditionOf(blocked, 'NetworkReady').reason, 'ServiceUnavailable');
    });
    assert.ok(took >= 4 * minutes && took < 8 * minutes, `took ${took} ms`);
    assert.equal(world.count('ensureNetwork'), 24);
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('obeys the time that a cloud names', async () => {
    const world = stage.world();
    world.watcher.manner = 'faltering';
    world.fail('ensureNetwork', { ...busy, retryAfterSeconds: 1800 });
    const took = await lasts(() => stage.broughtUp(bringUpRequest(world.cluster)));
    assert.ok(took >= 30 * minutes && took < 32 * minutes, `took ${took} ms`);
  });
});
