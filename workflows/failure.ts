import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { describeFailure, type Failure } from '../cluster/errors.js';

/** The failure inside whatever a step rejected with. What retrying did not mend is for a person: blocked. */
export function failureOf(error: unknown): Failure {
  const cause = innermost(error);
  if (cause instanceof ApplicationFailure && isFailure(cause.details?.[0])) {
    const failure = cause.details[0];
    return failure.kind === 'transient' ? inVain(failure) : failure;
  }
  return {
    kind: 'blocked',
    reason: reasonOf(cause),
    attempted: attemptOf(error),
    message: cause instanceof Error ? cause.message : String(cause),
    cure: 'Look at the run in the Temporal UI, then `kubeup retry`',
  };
}

function inVain(failure: Failure): Failure {
  const cure = failure.cure.replace('It is tried again by itself', 'It was tried again, in vain');
  return { ...failure, kind: 'blocked', cure: `${cure}; then \`kubeup retry\`` };
}

/** As it is told of a bring-up that has ended: there is nothing left to retry. */
export function ofEndedRun(failure: Failure): Failure {
  return { ...failure, cure: failure.cure.replaceAll('`kubeup retry`', '`kubeup up` again') };
}

/** As it is told of a tear-down, which `kubeup up` would not go on with, but undo. */
export function ofTearDown(failure: Failure, holds: boolean): Failure {
  const again = holds ? '`kubeup retry`' : '`kubeup down` again';
  return { ...failure, cure: failure.cure.replaceAll(/`kubeup (?:retry|up)`(?: again)?/g, again) };
}

/** A child's failure holds that of its activity, which holds the cause. */
function innermost(error: unknown): unknown {
  const isWrapped = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return isWrapped && error.cause ? innermost(error.cause) : error;
}

/** For what Temporal itself ended; a child may be cancelled or terminated by a person, alone. */
function reasonOf(cause: unknown): string {
  if (cause instanceof TimeoutFailure) return 'Timeout';
  if (cause instanceof TerminatedFailure) return 'Terminated';
  if (cause instanceof CancelledFailure) return 'Cancelled';
  return 'Unexpected';
}

function attemptOf(error: unknown): string {
  if (error instanceof ActivityFailure) return `activity ${error.activityType}`;
  if (error instanceof ChildWorkflowFailure) return `workflow ${error.execution.workflowId}`;
  return 'bring up';
}

function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'kind' in value && 'cure' in value;
}

/** A failure as a workflow throws it. */
export function failWith(failure: Failure): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.reason,
    message: describeFailure(failure),
    nonRetryable: true,
    details: [failure],
  });
}
