import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describeProblem, InvalidSpecError, KubeupError } from '../cluster/errors.js';
import type { Failure } from '../cluster/errors.js';
import { ClusterNotFoundError, OutOfTimeError, RefusedError } from './client-errors.js';
import { isTransient } from './grpc-codes.js';
import { unanswered, whatStartsThem } from './unanswered.js';

/** What the command line ends with; part of the contract for scripts. */
export const exitCodes = {
  done: 0,
  failed: 1,
  wrongInput: 2,
  /** Blocked, or out of time, with the work still going on. */
  unfinished: 3,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What an error means to a script, and what it says to a person. */
export function explainError(error: unknown): { code: ExitCode; text: string } {
  if (error instanceof InvalidSpecError) {
    const list = error.problems.map((problem) => `  ${describeProblem(problem)}`);
    return { code: exitCodes.wrongInput, text: ['Not started:', ...list].join('\n') };
  }
  if (error instanceof RefusedError || error instanceof ClusterNotFoundError) {
    return { code: exitCodes.wrongInput, text: error.message };
  }
  if (error instanceof KubeupError) {
    return { code: codeOfFailure(error.failure), text: error.message };
  }
  if (error instanceof WorkflowFailedError) {
    const failure = failureInside(error);
    return {
      code: failure ? codeOfFailure(failure) : exitCodes.failed,
      text: error.cause?.message ?? error.message,
    };
  }
  if (error instanceof OutOfTimeError) return { code: exitCodes.unfinished, text: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: exitCodes.failed,
    text: isTransient(error) ? `${message}. ${unanswered}: ${whatStartsThem}` : message,
  };
}

/** The failure that a closed run carries; `undefined` when it ended for a reason of Temporal's own. */
export function failureInside(error: WorkflowFailedError): Failure | undefined {
  const details: unknown =
    error.cause instanceof ApplicationFailure ? error.cause.details?.[0] : undefined;
  return typeof details === 'object' && details !== null && 'kind' in details
    ? (details as Failure)
    : undefined;
}

function codeOfFailure({ kind }: Failure): ExitCode {
  switch (kind) {
    case 'invalid':
      return exitCodes.wrongInput;
    case 'blocked':
    case 'transient':
      // The run has ended: nothing goes on, so this is no 3.
      return exitCodes.failed;
  }
}
