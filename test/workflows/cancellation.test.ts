import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { CancelledFailure, WorkflowNotFoundError } from '@temporalio/common';
import { minionWorkflowId } from '../../cluster/workflow-names.js';
import { statusQuery } from '../../workflows/interface.js';
import { conditionOf } from './conditions.js';
import { quota } from './failures.js';
import type { ScriptedWorld } from './scripted-world.js';
import { bringUpRequest, Stage } from './stage.js';

/** Where a bring-up can be when it is cancelled, and what it has made by then. */
const stages = [
  { at: 'preflight', servers: 0 },
  { at: 'uploadRelease', servers: 0 },
  { at: 'ensureNetwork', servers: 0 },
  { at: 'bootServer master', servers: 0 },
  { at: 'bootServer minion-2', servers: 2 },
  { at: 'verifyCluster', servers: 3 },
];

describe('Cancelling', { concurrency: 4, timeout: 180_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  for (const { at, servers } of stages) {
    it(`during ${at}: settles, and keeps what was made`, async () => {
      const world = stage.world();
      const hold = world.hold(at);
      const running = await stage.bringUp(bringUpRequest(world.cluster, { minions: 2 }));
      await hold.reached;
      await untilMade(world, servers);
      await running.cancel();
      await isCancelled(running);
      await hasSettled(world);
      assert.equal(world.servers.length, servers);
      assert.equal(world.count('deleteServers') > 0, at === 'verifyCluster');
    });
  }

  for (const { at, servers } of stages) {
    it(`during ${at}, with \`rollback\`: settles, and removes what was made`, async () => {
      const world = stage.world();
      const hold = world.hold(at);
      const running = await stage.bringUp(
        bringUpRequest(world.cluster, { minions: 2, onFailure: 'rollback' }),
      );
      await hold.reached;
      await untilMade(world, servers);
      await running.cancel();
      await isCancelled(running);
      await hasSettled(world);
      assert.deepEqual(world.servers, []);
      assert.ok(!world.network && !world.keyPair && !world.release);
    });
  }

  for (const [machine, made] of [
    ['master', 1],
    ['minion-1', 2],
  ] as const) {
    it(`waits for the creation of ${machine} that is under way, so that the roll-back finds it`, async () => {
      const world = stage.world();
      const boot = world.hold(`bootServer ${machine}`, { heeds: false });
      const running = await stage.bringUp(
        bringUpRequest(world.cluster, { minions: 1, onFailure: 'rollback' }),
      );
      await boot.reached;
      await running.cancel();
      await boot.cancelled;
      assert.equal((await running.describe()).status.name, 'RUNNING');
      boot.release();
      await isCancelled(running);
      await hasSettled(world);
      assert.equal(world.count('create'), made);
      assert.deepEqual(world.servers, []);
    });
  }

  it('while machines are awaited', async () => {
    const world = stage.world();
    world.fate('master', 'silent');
    world.fate('minion-1', 'silent');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, ({ minions }) => minions.some(({ phase }) => phase === 'Booting'));
    await running.cancel();
    await isCancelled(running);
    await hasSettled(world);
    const child = stage.client.workflow.getHandle(minionWorkflowId(world.cluster, 1));
    assert.equal((await child.describe()).status.name, 'CANCELLED');
    const status = await running.query(statusQuery);
    assert.equal(conditionOf(status, 'MasterReady').reason, 'Cancelled');
    assert.equal(conditionOf(status, 'MinionsReady').reason, 'Cancelled');
  });

  it('while it is blocked', async () => {
    const world = stage.world();
    world.fail('verifyCluster', quota);
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, 'Blocked');
    await running.cancel();
    await isCancelled(running);
    await hasSettled(world);
    assert.equal(world.servers.length, 4);
  });

  it('does not stop a roll-back', async () => {
    const world = stage.world();
    world.fail('verifyCluster', quota);
    const deletion = world.hold('deleteServers');
    deletion.release();
    const network = world.hold('deleteNetwork', { heeds: false });
    const running = await stage.bringUp(
      bringUpRequest(world.cluster, { minions: 1, onFailure: 'rollback' }),
    );
    await network.reached;
    await running.cancel();
    network.release();
    await assert.rejects(running.result(), WorkflowFailedError);
    await hasSettled(world);
    assert.ok(!world.servers.length && !world.network && !world.release);
  });

  it('one child by hand makes that minion fail, and not the bring-up', async () => {
    const world = stage.world();
    world.fate('minion-1', 'silent');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, ({ minions }) => minions[0]?.phase === 'Booting');
    await stage.client.workflow.getHandle(minionWorkflowId(world.cluster, 1)).cancel();
    const blocked = await stage.until(running, 'Blocked');
    assert.equal(conditionOf(blocked, 'MinionsReady').reason, 'Cancelled');
    world.server('minion-1')!.report = 'ready';
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
    assert.equal(world.count('create'), 4);
  });

  it('terminating one child makes that minion fail, and not the bring-up', async () => {
    const world = stage.world();
    world.fate('minion-1', 'silent');
    const running = await stage.bringUp(
      bringUpRequest(world.cluster, { minions: 2, minReadyMinions: 1 }),
    );
    await stage.until(running, ({ minions }) => minions[0]?.phase === 'Booting');
    await stage.client.workflow.getHandle(minionWorkflowId(world.cluster, 1)).terminate();
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.equal(status.minions[0]?.phase, 'Failed');
    assert.equal(world.servers.length, 3);
  });

  it('terminating the bring-up cancels its children, and the next one waits for them', async () => {
    const world = stage.world();
    const boot = world.hold('bootServer minion-1', { heeds: false });
    const request = bringUpRequest(world.cluster, { minions: 1 });
    const first = await stage.bringUp(request);
    await boot.reached;
    await first.terminate();
    const child = stage.client.workflow.getHandle(minionWorkflowId(world.cluster, 1));
    await boot.cancelled;
    const second = await stage.bringUp(request);
    await stage.until(second, ({ master }) => master.phase === 'Ready');
    boot.release();
    assert.equal((await second.result()).phase, 'Ready');
    assert.equal(world.count('create minion-1'), 1);
    assert.equal(world.servers.length, 2);
    assert.equal((await child.describe()).status.name, 'COMPLETED');
  });

  async function untilMade(world: ScriptedWorld, servers: number): Promise<void> {
    while (world.servers.length < servers) await sleep(20);
  }

  async function isCancelled(
    running: Pick<WorkflowHandle, 'result' | 'query' | 'describe'>,
  ): Promise<void> {
    await assert.rejects(
      running.result(),
      (error: unknown) =>
        error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
    );
    assert.equal((await running.query(statusQuery)).phase, 'Cancelled');
  }

  /** No activity runs and no child is open: only the watcher, which writes nothing, may need a moment. */
  async function hasSettled(world: ScriptedWorld): Promise<void> {
    assert.deepEqual(
      world.running.filter((call) => call !== 'watchMachines'),
      [],
    );
    for (const index of [1, 2, 3]) {
      const child = stage.client.workflow.getHandle(minionWorkflowId(world.cluster, index));
      try {
        assert.notEqual((await child.describe()).status.name, 'RUNNING');
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    }
    while (world.running.length > 0) await sleep(20);
  }
});
