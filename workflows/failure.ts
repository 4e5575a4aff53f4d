import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { describeFailure, type Failure } from '../cluster/errors.js';

/** The failure inside whatever a step rejected with. What retrying did not mend is for a person: blocked. */
export function failureOf(error: unknown): Failure {
  const cause =
    error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isFailure(cause.details?.[0])) {
    const failure = cause.details[0];
    return failure.kind === 'transient' ? { ...failure, kind: 'blocked' } : failure;
  }
  return {
    kind: 'blocked',
    reason: cause instanceof TimeoutFailure ? 'Timeout' : 'Unexpected',
    attempted: error instanceof ActivityFailure ? `activity ${error.activityType}` : 'bring up',
    message: cause instanceof Error ? cause.message : String(cause),
    cure: 'Look at the run in the Temporal UI, then `kubeup retry`',
  };
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
