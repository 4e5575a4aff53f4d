import { setTimeout as sleep } from 'node:timers/promises';
import { OutOfTimeError } from '../client-errors.js';
import { isTransient } from '../grpc-codes.js';
import { say } from '../terminal.js';
import { quietNotice, quietSeconds, whatStartsThem } from '../unanswered.js';
import type { FollowOptions } from './options.js';

/** Is aborted when the time of `--timeout` is up, from now on; `undefined` when there is all the time. */
export function patienceOf({ timeout }: FollowOptions): AbortSignal | undefined {
  return timeout === undefined ? undefined : AbortSignal.timeout(timeout * 1000);
}

/**
 * Asks until there is an answer.
 * @param quiet what is said when that takes long
 * @param late what is said when the time is up first
 * @throws OutOfTimeError
 */
export async function answerTo<T>(
  ask: (patience?: AbortSignal) => Promise<T>,
  patience: AbortSignal | undefined,
  { quiet, late }: { quiet: string; late: string },
): Promise<T> {
  const timer = setTimeout(() => say(quiet), quietSeconds * 1000);
  try {
    for (;;) {
      try {
        return await ask(patience);
      } catch (error) {
        if (patience?.aborted && error === patience.reason) throw new OutOfTimeError(late);
        if (!isTransient(error)) throw error;
      }
      await sleep(500);
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks what only a worker answers.
 * @param late what is said when the time is up first
 * @throws OutOfTimeError
 */
export function answerOfWorker<T>(
  ask: (patience?: AbortSignal) => Promise<T>,
  patience: AbortSignal | undefined,
  late: string,
): Promise<T> {
  return answerTo(ask, patience, { quiet: quietNotice, late: `${late}\n${whatStartsThem}` });
}
