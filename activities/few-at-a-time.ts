import pLimit from 'p-limit';
import { cancellationSignal } from './as-activity.js';

/** How many requests are under way at once. */
const width = 4;

/**
 * Runs something for each item, a few at a time. After the first failure, or the activity's cancellation, none is begun
 * any more, and nothing is left under way when it rejects: an activity's retry must never meet its predecessor.
 *
 * @param run its signal is aborted by that first failure too; for what may be broken off
 * @throws the first failure
 */
export async function fewAtATime<T>(
  items: readonly T[],
  run: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const cancelled = cancellationSignal();
  const signal = cancelled ? AbortSignal.any([cancelled, failed.signal]) : failed.signal;
  const limit = pLimit(width);
  await Promise.all(
    items.map((item) =>
      limit(async () => {
        if (signal.aborted) return;
        try {
          await run(item, signal);
        } catch (error) {
          failed.abort(error);
        }
      }),
    ),
  );
  signal.throwIfAborted();
}
