/**
 * What went wrong, as an answer: what was attempted, on what, and what mends it.
 *
 * - `transient`: will pass; retried with backoff, or after `retryAfterSeconds` when the cloud named a time.
 * - `blocked`: a person can mend it (quota, credentials, a missing image); the run parks until `retry`.
 * - `invalid`: the input is wrong; nothing was made.
 */
export type FailureKind = 'transient' | 'blocked' | 'invalid';

/** The plain, serialisable form of a failure: goes into workflow histories, so it never holds a secret. */
export interface Failure {
  kind: FailureKind;
  /** CamelCase word for machines, e.g. `QuotaExceeded`; becomes the condition's reason. */
  reason: string;
  /** What was attempted and on what, e.g. `create server kubernetes-master`. */
  attempted: string;
  /** What the cloud, or the check, answered. */
  message: string;
  /** What a person does about it; may name the next command to type. */
  cure: string;
  /** HTTP status of the cloud's answer, when there was one. */
  status?: number;
  /** The cloud's request id (`x-openstack-request-id`, `X-Trans-Id`), when there was one. */
  requestId?: string;
  /** Seconds after which the cloud said to come again (`Retry-After`). */
  retryAfterSeconds?: number;
}

/** Milliseconds after which the cloud said to come again, if it did. */
export function retryAfterMs({ retryAfterSeconds }: Failure): number | undefined {
  return retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000;
}

/** Thrown by everything under `activities/` and `cloud/`; carries a {@link Failure}. */
export class KubeupError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: { cause?: unknown }) {
    super(describeFailure(failure), options);
    this.name = 'KubeupError';
    this.failure = failure;
  }
}

/** One sentence for people: attempt, answer, request id, cure. */
export function describeFailure(failure: Failure): string {
  const id = failure.requestId ? ` (request ${failure.requestId})` : '';
  return `${failure.attempted}: ${failure.message}${id}. ${failure.cure}`;
}

/** One thing wrong with the input: the field, what it held, and what would be right. */
export interface Problem {
  field: string;
  value: unknown;
  message: string;
}

/** Bad input, all problems at once. Raised before anything is made. */
export class InvalidSpecError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.name = 'InvalidSpecError';
    this.problems = problems;
  }
}

export function describeProblem(problem: Problem): string {
  const value = problem.value === undefined ? '' : ` = ${JSON.stringify(problem.value)}`;
  return `${problem.field}${value}: ${problem.message}`;
}
