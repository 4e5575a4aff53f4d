import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { conditionOf } from './conditions.js';
import { quota } from './failures.js';
import { bringUpRequest, Stage } from './stage.js';

const minions = 120;

describe(`${minions} minions`, { timeout: 300_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('come up 50 at a time; one that is blocked holds nobody up, and alone is made at retry', async () => {
    const world = stage.world();
    world.fail('bootServer minion-77', quota);
    const running = await stage.bringUp(bringUpRequest(world.cluster, { minions }));
    const blocked = await stage.until(running, 'Blocked');
    assert.match(
      conditionOf(blocked, 'MinionsReady').message,
      /119 ready, 120 wanted\. .*Quota exceeded for instances.*Have it raised/,
    );
    assert.equal(blocked.minions.filter(({ phase }) => phase === 'Ready').length, minions - 1);
    assert.equal(blocked.minions[76]?.phase, 'Failed');
    assert.equal(world.count('create'), 1 + minions - 1);
    assert.equal(await mostOpenChildren(running), 50);

    const before = world.calls.length;
    await stage.retry(running);
    const status = await running.result();
    assert.ok(status.minions.every(({ phase }) => phase === 'Ready'));
    assert.deepEqual(
      world.calls.slice(before).filter((call) => /^(bootServer|create)/.test(call)),
      ['bootServer master', 'bootServer minion-77', 'create minion-77'],
    );
  });

  it('settle at once when they are cancelled while their children are still starting', async () => {
    const world = stage.world();
    for (let i = 1; i <= minions; i += 1) world.fate(`minion-${i}`, 'silent');
    const boot = world.hold('bootServer minion-1');
    const running = await stage.bringUp(bringUpRequest(world.cluster, { minions }));
    await boot.reached;
    await running.cancel();
    boot.release();
    // A child that never hears of it would wait for its machine, for 20 minutes.
    await assert.rejects(running.result(), WorkflowFailedError);
    const starting = (await running.fetchHistory()).events?.filter(
      ({ startChildWorkflowExecutionInitiatedEventAttributes: one }) => one,
    );
    assert.ok(starting && starting.length <= 50);
  });

  it('are ready when as many as wanted are', async () => {
    const world = stage.world();
    world.fail('bootServer minion-3', quota);
    const status = await stage.broughtUp(
      bringUpRequest(world.cluster, { minions: 12, minReadyMinions: 11 }),
    );
    assert.equal(status.phase, 'Ready');
    assert.equal(status.minions[2]?.phase, 'Failed');
    assert.match(status.minions[2].message, /Quota exceeded/);
  });
});

/** The most children that were open at once, by the history. */
async function mostOpenChildren(running: Pick<WorkflowHandle, 'fetchHistory'>): Promise<number> {
  let open = 0;
  let most = 0;
  for (const event of (await running.fetchHistory()).events ?? []) {
    if (Object.hasOwn(event, 'startChildWorkflowExecutionInitiatedEventAttributes')) open += 1;
    const ends = ['Completed', 'Failed', 'Canceled', 'TimedOut', 'Terminated'];
    if (ends.some((end) => Object.hasOwn(event, `childWorkflowExecution${end}EventAttributes`))) {
      open -= 1;
    }
    most = Math.max(most, open);
  }
  return most;
}
