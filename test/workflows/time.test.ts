import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { conditionOf } from './conditions.js';
import { busy, quota } from './failures.js';
import { bringUpRequest, Stage } from './stage.js';

const minutes = 60_000;

/** One after another: the server's clock is one for all. */
describe('Waiting', { timeout: 180_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open({ skipsTime: true })));
  after(() => stage.close());

  /** Server time from the begin of a run to its end; the clock itself leaps on when nothing is left to do. */
  async function tookMs(running: Pick<WorkflowHandle, 'describe'>): Promise<number> {
    const { startTime, closeTime } = await running.describe();
    assert.ok(closeTime);
    return closeTime.getTime() - startTime.getTime();
  }

  it('replaces a silent minion at its deadline', async () => {
    const world = stage.world();
    world.watcher.manner = 'faltering';
    world.fate('minion-1', 'silent', 'ready');
    const request = bringUpRequest(world.cluster, { minions: 2, machineTimeoutSeconds: 1200 });
    const running = await stage.bringUp(request);
    const status = await running.result();
    assert.deepEqual(
      status.minions.map(({ attempts }) => attempts),
      [2, 1],
    );
    assert.match(
      status.changes.join('\n'),
      /replaced \S+-minion-1: not ready after 1200 s: server ACTIVE, it never reported/,
    );
    const took = await tookMs(running);
    assert.ok(took >= 20 * minutes && took < 22 * minutes, `took ${took} ms`);
  });

  it('gives a silent master up after a deadline for each of its servers', async () => {
    const world = stage.world();
    world.watcher.manner = 'faltering';
    world.fate('master', 'silent', 'silent', 'ready');
    const request = bringUpRequest(world.cluster, { minions: 1, maxReplacements: 1 });
    const running = await stage.bringUp(request);
    const begin = await stage.env.currentTimeMs();
    const blocked = await stage.until(running, 'Blocked');
    const took = (await stage.env.currentTimeMs()) - begin;
    assert.match(
      conditionOf(blocked, 'MasterReady').message,
      /given up after 2 servers; the last: not ready after 600 s.*console-log/,
    );
    assert.equal(blocked.master.phase, 'Failed');
    assert.ok(took >= 20 * minutes && took < 23 * minutes, `took ${took} ms`);
    world.lose('master');
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('keeps a minion that somebody set aside while it booted, and goes on when it is brought back', async () => {
    const world = stage.world();
    world.watcher.manner = 'faltering';
    world.fate('minion-1', 'silent');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, ({ minions }) => minions[0]?.phase === 'Booting');
    const minion = world.server('minion-1')!;
    minion.status = 'PAUSED';
    const blocked = await stage.until(running, 'Blocked');
    const { reason, message } = conditionOf(blocked, 'MinionsReady');
    assert.equal(reason, 'ServerSetAside');
    assert.ok(message.includes(`openstack server unpause ${minion.id}`), message);
    assert.equal(world.count('deleteServers'), 0);
    Object.assign(minion, { status: 'ACTIVE', report: 'ready' });
    await stage.retry(running);
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.equal(status.minions[0]?.id, minion.id);
    assert.equal(world.count('create minion-1'), 1);
  });

  it('finds the master and its minions by asking when no signal comes', async () => {
    const world = stage.world();
    world.watcher.manner = 'mute';
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.equal(status.master.phase, 'Ready');
    assert.equal(status.master.address, world.server('master')?.address);
    assert.deepEqual(
      status.minions.map(({ phase, address }) => ({ phase, address })),
      [1, 2, 3].map((i) => ({ phase: 'Ready', address: world.server(`minion-${i}`)?.address })),
    );
    const took = await tookMs(running);
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
    await running.result();
    const took = await tookMs(running);
    assert.ok(took >= 3 * minutes && took < 4 * minutes, `took ${took} ms`);
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

  it('parks when retrying has not helped for some minutes, and tries anew at retry', async () => {
    const world = stage.world();
    world.watcher.manner = 'faltering';
    world.fail('ensureNetwork', ...Array.from({ length: 24 }, () => busy));
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    const begin = await stage.env.currentTimeMs();
    const blocked = await stage.until(running, 'Blocked');
    const took = (await stage.env.currentTimeMs()) - begin;
    assert.equal(conditionOf(blocked, 'NetworkReady').reason, 'ServiceUnavailable');
    assert.ok(took >= 4 * minutes && took < 8 * minutes, `took ${took} ms`);
    assert.equal(world.count('ensureNetwork'), 24);
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('obeys the time that a cloud names', async () => {
    const world = stage.world();
    world.watcher.manner = 'faltering';
    world.fail('ensureNetwork', { ...busy, retryAfterSeconds: 1800 });
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await running.result();
    const took = await tookMs(running);
    assert.ok(took >= 30 * minutes && took < 32 * minutes, `took ${took} ms`);
  });
});
