import type { Session } from '../connect.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { follow } from './follow.js';
import type { Followed } from './follow.js';
import type { FollowOptions } from './options.js';
import { report } from './report.js';
import type { NextCommand } from './report.js';

export interface Stay extends Pick<FollowOptions, 'detach' | 'json'> {
  /** The run that was begun; the latest by default. */
  runId?: string;
  patience?: AbortSignal;
  /** What to type next when the cluster is Ready, beside the usual. */
  whenReady?: readonly NextCommand[];
}

/** Milliseconds within which a run that is left to itself tells how it stands. */
const glanceMs = 15_000;

/**
 * Follows a run that was begun, or leaves it to itself after one look, and tells how it stands.
 * @throws OutOfTimeError when there was no look at it
 */
export async function stay(session: Session, cluster: string, how: Stay): Promise<ExitCode> {
  const { runId, json, patience, whenReady } = how;
  if (how.detach) {
    await report(session, cluster, await glance(session, cluster, how), { json });
    return exitCodes.done;
  }
  const followed = await follow(session, cluster, { runId, json, patience });
  return report(session, cluster, followed, { json, whenReady });
}

/** One look at a run that has just begun. */
async function glance(
  session: Session,
  cluster: string,
  { runId, patience }: Stay,
): Promise<Followed> {
  const soon = AbortSignal.timeout(glanceMs);
  const signal = patience ? AbortSignal.any([patience, soon]) : soon;
  for await (const view of session.clusters.watch(cluster, { runId, signal })) {
    return { ending: view.run.open ? 'detached' : 'closed', view };
  }
  return { ending: 'timeout' };
}
