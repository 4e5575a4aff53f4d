import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { historyOf, readHistories, type RecordedHistory } from './histories.js';
import { bundle, installRuntime } from './stage.js';

describe('Recorded histories', { timeout: 180_000 }, () => {
  let histories: Map<string, RecordedHistory>;

  before(async () => {
    installRuntime();
    histories = await readHistories();
  });

  it('replay with the workflows as they are', async () => {
    const errors = await replay(histories.values());
    assert.equal(errors.size, histories.size);
    for (const [name, { workflowId }] of histories) {
      assert.equal(errors.get(workflowId), undefined, name);
    }
  });

  it('do not replay when a step is another one', async () => {
    const finished = histories.get('finished')!;
    const text = JSON.stringify(finished);
    const changed = text.replace('"name":"ensureNetwork"', '"name":"ensureKeyPair"');
    assert.notEqual(changed, text);
    const errors = await replay([JSON.parse(changed) as RecordedHistory]);
    assert.ok(errors.get(finished.workflowId) instanceof DeterminismViolationError);
  });

  it('hold a run of every workflow, and every way in which one ends', () => {
    const kinds = [...histories.values()].map(({ history }) => {
      const [first] = history.events;
      const started = first?.workflowExecutionStartedEventAttributes as {
        workflowType: { name: string };
      };
      return `${started.workflowType.name} ${String(history.events.at(-1)?.eventType)}`;
    });
    for (const kind of [
      'bringUpCluster EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
      'bringUpCluster EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
      'bringUpCluster EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED',
      'bringUpCluster EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
      'bringUpMinion EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
      'bringUpMinion EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED',
      'tearDownCluster EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
    ]) {
      assert.ok(kinds.includes(kind), kind);
    }
  });

  it('name no machine: every identity in them is of the stage or of the server', () => {
    const identities = new Set<unknown>();
    for (const { history } of histories.values()) {
      JSON.stringify(history, (key, value: unknown) => {
        if (key === 'identity') identities.add(value);
        return value;
      });
    }
    assert.deepEqual([...identities].sort(), ['client', 'history-service', 'worker']);
  });
});

/** What became of each replay, by workflow id. */
async function replay(
  histories: Iterable<RecordedHistory>,
): Promise<Map<string, Error | undefined>> {
  const errors = new Map<string, Error | undefined>();
  const given = [...histories].map((one) => ({
    workflowId: one.workflowId,
    history: historyOf(one),
  }));
  const results = Worker.runReplayHistories({ workflowBundle: { codePath: bundle } }, given);
  for await (const { workflowId, error } of results) errors.set(workflowId, error);
  return errors;
}
