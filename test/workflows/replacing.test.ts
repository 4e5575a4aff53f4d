import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterSpec } from '../../cluster/spec.js';
import { conditionOf } from './conditions.js';
import { quota, revoked } from './failures.js';
import { bringUpRequest, Stage } from './stage.js';

describe('Replacing machines', { concurrency: true }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('replaces machines that go to ERROR or report failure, and says why', async () => {
    const world = stage.world();
    world.fate('minion-1', 'error', 'ready');
    world.fate('minion-2', 'fails', 'ready');
    const status = await stage.broughtUp(bringUpRequest(world.cluster));
    assert.deepEqual(
      status.minions.map(({ attempts, phase }) => ({ attempts, phase })),
      [2, 2, 1].map((attempts) => ({ attempts, phase: 'Ready' })),
    );
    assert.equal(world.servers.length, 4);
    assert.match(status.changes.join('\n'), /replaced \S+-minion-1: .*No valid host was found/);
    assert.match(status.changes.join('\n'), /replaced \S+-minion-2: .*sha256 differs/);
  });

  it('replaces a machine that is lost while it boots', async () => {
    const world = stage.world();
    world.fate('minion-1', 'silent', 'ready');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, ({ minions }) => minions[0]?.phase === 'Booting');
    world.lose('minion-1');
    const status = await running.result();
    assert.equal(status.minions[0]?.attempts, 2);
    assert.equal(status.minions[0].id, world.server('minion-1')?.id);
    assert.match(status.changes.join('\n'), /replaced \S+-minion-1: its server is gone/);
  });

  it('gives minions no address of a master that is known to have failed', async () => {
    const world = stage.world();
    world.fate('master', 'fails', 'ready');
    const status = await stage.broughtUp(bringUpRequest(world.cluster));
    assert.equal(status.phase, 'Ready');
    assert.equal(world.count('create master'), 2);
    assert.equal(world.count('create'), 2 + 3);
  });

  it('boots the minions anew when the master they were given is replaced', async () => {
    const world = stage.world();
    world.fate('master', 'silent', 'ready');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, ({ minions }) => minions.every(({ phase }) => phase === 'Ready'));
    const lost = world.server('master')!;
    lost.report = 'failed';
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.notEqual(status.master.address, lost.address);
    assert.equal(world.count('create'), 2 * 4);
    for (const { role, masterAddress } of world.servers) {
      if (role === 'minion') assert.equal(masterAddress, status.master.address);
    }
  });

  it('ends the children of minions that wait when the master is replaced', async () => {
    const world = stage.world();
    world.fate('master', 'silent', 'ready');
    world.fate('minion-1', 'silent', 'ready');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, ({ minions }) => minions[0]?.phase === 'Booting');
    world.lose('master');
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.equal(world.server('minion-1')?.masterAddress, status.master.address);
  });

  it('starts a machine that came up and is off, whether it finds it so or sees it go off', async () => {
    const world = stage.world();
    world.fate('minion-1', 'silent');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, ({ minions }) => minions[0]?.phase === 'Booting');
    const minion = world.server('minion-1')!;
    Object.assign(minion, { report: 'ready', status: 'SHUTOFF' });
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.equal(status.minions[0]?.id, minion.id);
    assert.equal(status.minions[0].attempts, 1);
    assert.equal(world.count('start minion-1'), 1);

    Object.assign(world.server('master')!, { status: 'SHUTOFF' });
    const again = await stage.broughtUp(bringUpRequest(world.cluster));
    assert.equal(again.phase, 'Ready');
    assert.equal(world.count('start master'), 1);
    assert.equal(world.count('create'), 4);
    assert.ok(again.changes.includes(`started server ${world.cluster}-master`));
  });

  /** A bring-up whose master came up, went off, and does not go on at once when it is told to start. */
  async function withMasterOff(change: Partial<ClusterSpec>) {
    const world = stage.world();
    world.fate('master', 'silent');
    world.slowToStart = true;
    const request = bringUpRequest(world.cluster, { minions: 1, ...change });
    const running = await stage.bringUp(request);
    await stage.until(running, ({ master }) => master.phase === 'Booting');
    const master = world.server('master')!;
    Object.assign(master, { report: 'ready', status: 'SHUTOFF' });
    while (world.count('start master') === 0) await sleep(20);
    return { world, request, running, master };
  }

  it('waits for a master that takes its time to go on again', async () => {
    const { world, running, master } = await withMasterOff({});
    await sleep(1000);
    assert.equal(world.count('start master'), 1);
    master.status = 'ACTIVE';
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.equal(status.master.id, master.id);
    assert.equal(world.count('create'), 2);
  });

  it('leaves a master that does not go on again to a person, with all that it holds', async () => {
    const { world, running, master } = await withMasterOff({ machineTimeoutSeconds: 8 });
    const blocked = await stage.until(running, 'Blocked');
    const { reason, message } = conditionOf(blocked, 'MasterReady');
    assert.equal(reason, 'ServerStaysOff');
    assert.ok(message.includes(`openstack server start ${master.id}`), message);
    assert.equal(world.server('master'), master);
    master.status = 'ACTIVE';
    await stage.retry(running);
    assert.equal((await running.result()).master.id, master.id);
    assert.equal(world.count('create'), 2);
  });

  it('makes a master anew that is lost when it was ready and its minions are not', async () => {
    const world = stage.world();
    world.fate('minion-1', 'silent', 'ready');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(
      running,
      ({ master, minions }) => master.phase === 'Ready' && minions[0]?.phase === 'Booting',
    );
    world.lose('master');
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.equal(world.count('create master'), 2);
    assert.equal(world.server('minion-1')?.masterAddress, status.master.address);
  });

  it('gives a minion up after its replacements, holds with the cause, and goes on at retry', async () => {
    const world = stage.world();
    world.fate('minion-2', 'error', 'error', 'error', 'ready');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    const blocked = await stage.until(running, 'Blocked');
    const condition = conditionOf(blocked, 'MinionsReady');
    assert.equal(condition.status, 'False');
    assert.equal(condition.reason, 'MinionFailed');
    assert.match(condition.message, /given up after 3 servers.*No valid host was found/);
    assert.equal(blocked.minions[1]?.phase, 'Failed');
    assert.match(blocked.minions[1].message, /No valid host was found/);
    assert.equal(blocked.minions[1].attempts, 3);
    assert.equal(world.count('create minion-2'), 3);
    await stage.retry(running);
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.equal(status.minions[1]?.message, '');
    assert.equal(world.count('create'), 4 + 3);
  });

  it('gives the master up after its replacements, and boots no minion for nothing', async () => {
    const world = stage.world();
    world.fate('master', 'error', 'error', 'error', 'ready');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    const blocked = await stage.until(running, 'Blocked');
    assert.equal(conditionOf(blocked, 'MasterReady').reason, 'MasterFailed');
    assert.equal(blocked.master.phase, 'Failed');
    assert.equal(world.count('create minion-1'), 0);
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('does not wait for minions when the master can no longer be made', async () => {
    const world = stage.world();
    world.fate('master', 'silent', 'ready');
    world.fate('minion-1', 'silent', 'ready');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, ({ minions }) => minions[0]?.phase === 'Booting');
    world.fail('bootServer master', quota);
    world.lose('master');
    const blocked = await stage.until(running, 'Blocked');
    assert.equal(conditionOf(blocked, 'MasterReady').reason, 'QuotaExceeded');
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('parks with a condition when the watcher is refused, and ends every child first', async () => {
    const world = stage.world();
    world.fate('minion-1', 'silent', 'ready');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, ({ minions }) => minions[0]?.phase === 'Booting');
    world.fail('watchMachines', revoked);
    const blocked = await stage.until(running, 'Blocked');
    assert.equal(conditionOf(blocked, 'MachinesWatched').reason, 'Unauthorized');
    assert.match(conditionOf(blocked, 'MachinesWatched').message, /valid credentials/);
    assert.deepEqual((await running.describe()).raw.pendingChildren, []);
    world.server('minion-1')!.report = 'ready';
    await stage.retry(running);
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.ok(status.conditions.every((one) => one.status === 'True'));
    assert.equal(world.count('create'), 4);
  });

  it('is ready with fewer minions when the spec says they are enough', async () => {
    const world = stage.world();
    world.fate('minion-3', 'error');
    const request = bringUpRequest(world.cluster, { minReadyMinions: 2 });
    const status = await stage.broughtUp(request);
    assert.equal(status.phase, 'Ready');
    assert.equal(status.minions[2]?.phase, 'Failed');
    assert.match(status.minions[2].message, /given up/);
  });
});
