import {
  CancelledFailure,
  WorkflowExecutionAlreadyStartedError,
  type Workflow,
  type WorkflowResultType,
} from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  isCancellation,
  ParentClosePolicy,
  sleep,
  startChild,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { describeFailure, type Failure } from '../cluster/errors.js';
import { failureOf, failWith } from './failure.js';
import { minionWorkflowId, attributesOf } from './interface.js';
import type { MachineRequest } from './machine.js';
import { bringUpMinion } from './minion.js';
import type { Run } from './run.js';

/** Children open at a time: enough to keep a cloud busy, few enough for one workflow task. */
const window = 50;

/** A minion and the server that is it. */
export interface KeptMinion {
  index: number;
  serverId: string;
  ready: boolean;
}

/**
 * A child workflow per minion, in a sliding window. Every child ends before this does; rejects when, with
 * those that were ready before, fewer than the spec's `minReadyMinions` are ready, naming each that is not.
 */
export async function bringUpMinions(
  run: Run,
  requests: readonly MachineRequest[],
  readyBefore: number,
): Promise<KeptMinion[]> {
  const { spec } = run.current;
  const minions: KeptMinion[] = [];
  const failures: Failure[] = [];
  const one = async (request: MachineRequest): Promise<void> => {
    try {
      const result = await asChild(request);
      run.board.changed(...result.changes);
      run.board.conclude(request.index, result);
      if (result.failure) failures.push(result.failure);
      minions.push({ index: request.index, serverId: result.serverId, ready: !result.failure });
    } catch (error) {
      // A child that a person cancelled alone is a failed minion, not the end of the bring-up.
      if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
      const failure = failureOf(error);
      run.board.conclude(request.index, { failure });
      failures.push(failure);
    }
  };
  await slide(requests, one);
  const count = readyBefore + minions.filter(({ ready }) => ready).length;
  if (count >= spec.minReadyMinions) return minions;
  const [first] = failures;
  throw failWith({
    kind: 'blocked',
    reason: first?.reason ?? 'MinionFailed',
    attempted: `bring up ${spec.minions} minions of ${spec.name}`,
    message: `${count} ready, ${spec.minReadyMinions} wanted. ${listed(failures)}`,
    cure: 'Mend the cause, then `kubeup retry`',
  });
}

/** Failures told in full; each minion's own stands beside it in the status. */
const told = 3;

function listed(failures: readonly Failure[]): string {
  const more = failures.length - told;
  const first = failures.slice(0, told).map(describeFailure);
  return [...first, ...(more > 0 ? [`… and ${more} more minions`] : [])].join('\n');
}

/** Tries of a child's start, 1 s to 30 s apart: about five minutes, as long as its predecessor's last activity. */
const startTries = 14;

/**
 * Runs the child of one minion. Under its id the child of a terminated bring-up may still be settling: it was
 * told to cancel, and is waited for.
 */
async function asChild(request: MachineRequest): ReturnType<typeof bringUpMinion> {
  const { spec, index } = request;
  for (let tries = 1; ; tries += 1) {
    try {
      return await cancelledOnceStarted(() =>
        startChild(bringUpMinion, {
          workflowId: minionWorkflowId(spec.name, index),
          args: [request],
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
          typedSearchAttributes: attributesOf(spec.name, spec.cloud),
          staticSummary: `minion ${index} of ${spec.name}`,
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || tries === startTries) {
        throw error;
      }
      await sleep(Math.min(1000 * 2 ** (tries - 1), 30_000), {
        summary: `minion ${index} of an ended run is still settling`,
      });
    }
  }
}

/**
 * Runs a child to its end, and cancels it with its surroundings, but never before it has started: the server
 * acknowledges the cancellation of a child that it is still starting, and the child never hears of it.
 */
async function cancelledOnceStarted<T extends Workflow>(
  start: () => Promise<ChildWorkflowHandle<T>>,
): Promise<WorkflowResultType<T>> {
  const outer = CancellationScope.current();
  if (outer.consideredCancelled) throw new CancelledFailure('not begun any more');
  return CancellationScope.nonCancellable(async () => {
    const scope = new CancellationScope({ cancellable: true });
    const child = await scope.run(start);
    outer.cancelRequested.catch(() => {
      scope.cancel();
    });
    return await child.result();
  });
}

/** Runs `work` on each item, `window` at a time; every started one ends before it rejects. */
async function slide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  const lanes = Array.from({ length: Math.min(window, queue.length) }, lane);
  const settled = await Promise.allSettled(lanes);
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
}
