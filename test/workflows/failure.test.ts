import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { describeFailure } from '../../cluster/errors.js';
import { failureOf, failWith, ofEndedRun, ofTearDown } from '../../workflows/failure.js';
import { busy, invalid, quota } from './failures.js';

function ofActivity(cause: Error): ActivityFailure {
  const state = RetryState.NON_RETRYABLE_FAILURE;
  return new ActivityFailure('Activity task failed', 'bootServer', '1', state, undefined, cause);
}

function ofChild(cause: Error): ChildWorkflowFailure {
  const execution = { workflowId: 'cluster/c/minion-1', runId: 'r' };
  const state = RetryState.NON_RETRYABLE_FAILURE;
  return new ChildWorkflowFailure('default', execution, 'bringUpMinion', state, cause);
}

test('A failure survives its way through activity and child', () => {
  for (const failure of [quota, invalid]) {
    const thrown = failWith(failure);
    for (const error of [
      thrown,
      ofActivity(thrown),
      ofChild(thrown),
      ofChild(ofActivity(thrown)),
    ]) {
      assert.deepEqual(failureOf(error), failure);
    }
  }
});

test('What retrying did not mend is for a person', () => {
  const thrown = ApplicationFailure.create({ type: busy.reason, details: [busy] });
  const cure = `${busy.cure}; then \`kubeup retry\``;
  assert.deepEqual(failureOf(ofActivity(thrown)), { ...busy, kind: 'blocked', cure });
  const lasting = { ...busy, cure: 'It is tried again by itself; if it lasts, look' };
  const told = failureOf(ApplicationFailure.create({ details: [lasting] }));
  assert.equal(told.cure, 'It was tried again, in vain; if it lasts, look; then `kubeup retry`');
});

test('What has ended is not retried', () => {
  assert.doesNotMatch(ofEndedRun(quota).cure, /retry/);
  const { cure } = ofEndedRun({ ...quota, cure: 'Have it raised, then `kubeup retry`' });
  assert.equal(cure, 'Have it raised, then `kubeup up` again');
});

test('A tear-down is gone on with, not undone by a bring-up', () => {
  const cure = 'Choose another and `kubeup up` again, or delete it, then `kubeup retry`';
  const again = (holds: boolean): string => ofTearDown({ ...quota, cure }, holds).cure;
  assert.equal(again(true), 'Choose another and `kubeup retry`, or delete it, then `kubeup retry`');
  assert.equal(
    again(false),
    'Choose another and `kubeup down` again, or delete it, then `kubeup down` again',
  );
});

test('What Temporal ended is named by how and where', () => {
  const timeout = failureOf(ofActivity(new TimeoutFailure('heartbeat', undefined, 'HEARTBEAT')));
  assert.equal(timeout.reason, 'Timeout');
  assert.equal(timeout.attempted, 'activity bootServer');
  assert.match(describeFailure(timeout), /kubeup retry/);
  const terminated = failureOf(ofChild(new TerminatedFailure('by a person')));
  assert.equal(terminated.reason, 'Terminated');
  assert.equal(terminated.attempted, 'workflow cluster/c/minion-1');
  assert.equal(failureOf(ofChild(new CancelledFailure('by a person'))).reason, 'Cancelled');
});

test('Anything else is blocked and keeps its words', () => {
  assert.deepEqual(
    [new Error('odd'), 'odd', ofActivity(ApplicationFailure.create({ message: 'odd' }))].map(
      (error) => {
        const { kind, reason, message } = failureOf(error);
        return { kind, reason, message };
      },
    ),
    [1, 2, 3].map(() => ({ kind: 'blocked', reason: 'Unexpected', message: 'odd' })),
  );
});

test('A workflow throws a failure for good, with its reason as type', () => {
  const thrown = failWith(quota);
  assert.equal(thrown.type, 'QuotaExceeded');
  assert.equal(thrown.nonRetryable, true);
  assert.equal(thrown.message, describeFailure(quota));
});
