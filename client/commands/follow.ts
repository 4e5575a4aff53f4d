import type { ClusterView } from '../cluster-view.js';
import type { Session } from '../connect.js';
import { openProgress } from '../display/progress.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { quietNotice, quietSeconds } from '../unanswered.js';

/** How watching ended. `closed`: the run did. `timeout`: before it did, or could be looked at once. */
export type Ending = 'closed' | 'blocked' | 'timeout' | 'detached';

export interface Followed {
  ending: Ending;
  /** The last look; undefined when there was none. */
  view?: ClusterView;
}

export interface Following {
  runId?: string;
  /** Ends the watch when it is aborted. */
  patience?: AbortSignal;
  json?: boolean;
  /** Goes on looking at a blocked run until it ends. */
  throughBlocked?: boolean;
}

/** Watches a run and shows it, until it ends, blocks, the time is up, or the person leaves with Ctrl-C. */
export async function follow(
  session: Session,
  cluster: string,
  following: Following,
): Promise<Followed> {
  const leaving = new AbortController();
  let ending: Ending | undefined;
  const leave = (how: Ending): void => {
    ending ??= how;
    leaving.abort();
  };
  const onInterrupt = (): void => leave('detached');
  process.once('SIGINT', onInterrupt);
  const { patience } = following;
  const onTimeUp = (): void => leave('timeout');
  if (patience?.aborted) onTimeUp();
  patience?.addEventListener('abort', onTimeUp);
  const progress = openProgress(!following.json && process.stderr.isTTY);
  let view: ClusterView | undefined;
  let quietSince: number | undefined;
  const views = session.clusters.watch(cluster, {
    runId: following.runId,
    signal: leaving.signal,
    onTrouble: () => {
      quietSince ??= Date.now();
      const quiet = (Date.now() - quietSince) / 1000;
      if (quiet >= quietSeconds || !view) progress.notice(quietNotice);
    },
  });
  try {
    // A look that is under way is not waited for when the person leaves.
    const left = aborted(leaving.signal);
    const next = async (): Promise<IteratorResult<ClusterView, void>> =>
      Promise.race([views.next(), left]);
    for (let step = await next(); !step.done; step = await next()) {
      view = step.value;
      quietSince = undefined;
      progress.notice(undefined);
      progress.show(view);
      if (view.run.open && view.status.phase === 'Blocked' && !following.throughBlocked) {
        leave('blocked');
      }
    }
  } finally {
    patience?.removeEventListener('abort', onTimeUp);
    process.off('SIGINT', onInterrupt);
    progress.end();
  }
  return { ending: ending ?? 'closed', view };
}

/** The end of a watch, once the signal is aborted. */
function aborted(signal: AbortSignal): Promise<IteratorResult<ClusterView, void>> {
  return new Promise((resolve) => {
    const end = (): void => resolve({ done: true, value: undefined });
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/** The exit code of a run that was followed. */
export function exitCodeOf({ ending, view }: Followed): ExitCode {
  if (ending !== 'closed' || !view) return exitCodes.unfinished;
  return view.status.phase === 'Ready' || view.status.phase === 'Gone'
    ? exitCodes.done
    : exitCodes.failed;
}
