import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { KubeupError, retryAfterMs, type Failure } from '../cluster/errors.js';

/** Below a third of the heartbeat timeout that the workflows give (10 s). */
const heartbeatMs = 2_000;

/**
 * Makes a plain function an activity: it heartbeats while it runs, so that a dead worker is noticed within
 * the heartbeat timeout, and its failures cross to the workflow as `ApplicationFailure`s of the three kinds.
 * Outside a worker (the command line's `plan`) the function runs as it is.
 */
export function asActivity<A extends unknown[], R>(
  run: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    const context = currentContext();
    if (!context) return run(...args);
    const beat = setInterval(() => beatQuietly(context), heartbeatMs);
    try {
      return await run(...args);
    } catch (error) {
      throw error instanceof KubeupError ? asApplicationFailure(error) : error;
    } finally {
      clearInterval(beat);
    }
  };
}

/** The latest heartbeat details by task, so that the periodic beat repeats them instead of erasing them. */
const details = new WeakMap<Context, unknown>();

/** Records progress: sent with this and every later heartbeat of the running activity. */
export function heartbeat(progress: unknown): void {
  const context = currentContext();
  if (!context) return;
  details.set(context, progress);
  context.heartbeat(progress);
}

/** Aborted when the run was cancelled or the worker shuts down. For waits and reads only, never for a mutation. */
export function cancellationSignal(): AbortSignal | undefined {
  return currentContext()?.cancellationSignal;
}

/** Which try of the running activity this is, counted from 1. */
export function attempt(): number {
  return currentContext()?.info.attempt ?? 1;
}

function beatQuietly(context: Context): void {
  const progress = details.get(context);
  if (progress === undefined) context.heartbeat();
  else context.heartbeat(progress);
}

function currentContext(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}

function asApplicationFailure(error: KubeupError): ApplicationFailure {
  const failure: Failure = error.failure;
  return ApplicationFailure.create({
    type: failure.reason,
    message: error.message,
    nonRetryable: failure.kind !== 'transient',
    details: [failure],
    nextRetryDelay: retryAfterMs(failure),
  });
}
