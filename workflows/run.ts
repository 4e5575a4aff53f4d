import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { specDifferences } from '../cluster/differences.js';
import type { BringUpRequest, ClusterSpec } from '../cluster/spec.js';
import type { ClusterStatus, ConditionType } from '../cluster/status.js';
import { failureOf, failWith, ofEndedRun } from './failure.js';
import {
  proposeUpdate,
  retryUpdate,
  specQuery,
  statusQuery,
  machinesChangedSignal,
} from './interface.js';
import { Sightings } from './machine.js';
import { markRun, StatusBoard } from './status-board.js';

/** Carries out one step under its condition. */
export async function underCondition<T>(
  board: StatusBoard,
  type: ConditionType,
  doing: string,
  run: () => Promise<T>,
): Promise<T> {
  board.set(type, 'Unknown', doing, '');
  try {
    const value = await run();
    board.set(type, 'True', 'Done', '');
    return value;
  } catch (error) {
    if (isCancellation(error)) board.set(type, 'Unknown', 'Cancelled', '');
    else board.fail(type, failureOf(error));
    throw error;
  }
}

/** Lets every one end before the first failure is thrown: a step is never left half-way by its neighbour. */
export async function together<T extends unknown[]>(
  ...work: {
    [K in keyof T]: Promise<T[K]>;
  }
): Promise<T> {
  const settled = await Promise.allSettled(work);
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as T;
}

type BringUpWorkflow = (request: BringUpRequest) => Promise<ClusterStatus>;

/** A bring-up as its users meet it: what it shows, what may be asked of it, and how it parks. */
export class Run {
  readonly board: StatusBoard;
  readonly sightings = new Sightings();
  private mayGoOn = false;
  private wasAmended = false;
  private builtRelease: Partial<ClusterSpec['release']> = {};

  constructor(private request: BringUpRequest) {
    markRun(request.spec.name, request.spec.cloud);
    this.board = new StatusBoard(request.spec.name, 'BringingUp');
    this.board.plan(request.spec);
    setHandler(statusQuery, () => this.board.snapshot());
    setHandler(specQuery, () => this.current.spec);
    setHandler(machinesChangedSignal, (changed) => {
      this.sightings.tell(changed);
      this.board.see(changed);
    });
    setHandler(retryUpdate, () => this.goOn(), {
      validator: () => {
        if (this.board.phase !== 'Blocked') {
          throw new Error(`nothing to retry: ${request.spec.name} is ${this.board.phase}`);
        }
      },
    });
    setHandler(proposeUpdate, (proposed) => this.take(proposed), {
      validator: (proposed: BringUpRequest) => this.check(proposed),
    });
  }

  /** The request as it is worked to: with the release that was built for it, if one was. */
  get current(): BringUpRequest {
    const { spec } = this.request;
    return {
      ...this.request,
      spec: { ...spec, release: { ...spec.release, ...this.builtRelease } },
    };
  }

  /** Has the rest of the run work with a release that it has built. */
  built(release: Partial<ClusterSpec['release']>): void {
    this.builtRelease = release;
    this.board.plan(this.current.spec);
  }

  /** Runs the flow from its beginning until it succeeds; parks in between when the policy says `hold`. */
  async untilDone(flow: () => Promise<void>): Promise<ClusterStatus> {
    for (;;) {
      this.board.enter('BringingUp');
      try {
        await flow();
        this.board.enter('Ready');
        return this.board.snapshot();
      } catch (error) {
        if (isCancellation(error)) throw error;
        const failure = failureOf(error);
        // What an amendment asks for may be wrong; the run it was offered to waits for a better one.
        const isRefused = failure.kind === 'invalid' && !this.wasAmended;
        if (isRefused || this.request.spec.onFailure !== 'hold') {
          throw failWith(ofEndedRun(failure));
        }
        this.board.enter('Blocked');
        await condition(() => this.mayGoOn);
        this.mayGoOn = false;
        // Parked, nothing is under way: the one moment to begin a fresh history.
        if (workflowInfo().continueAsNewSuggested) {
          await condition(allHandlersFinished);
          await continueAsNew<BringUpWorkflow>(this.request);
        }
      }
    }
  }

  private goOn(): undefined {
    this.mayGoOn = true;
  }

  private check(proposed: BringUpRequest): void {
    const { name } = this.request.spec;
    const { phase } = this.board;
    if (phase === 'RollingBack' || CancellationScope.current().consideredCancelled) {
      throw new Error(`the bring-up of ${name} is being given up; begin anew when it has ended`);
    }
    const differences = this.differences(proposed);
    const moves = differences.filter((field) => field.startsWith('cloud.'));
    if (moves.length > 0) {
      throw new Error(
        `a bring-up of ${name} is ${phase} in another account; give it up there first, or choose another name: ${moves.join('; ')}`,
      );
    }
    if (differences.length > 0 && phase !== 'Blocked') {
      throw new Error(
        `a bring-up of ${name} with another spec is ${phase}: ${differences.join('; ')}`,
      );
    }
  }

  private take(proposed: BringUpRequest): 'attached' | 'amended' {
    const isAmended = this.differences(proposed).length > 0;
    if (isAmended) {
      this.wasAmended = true;
      this.builtRelease = {};
      this.board.plan(proposed.spec);
    }
    if (this.board.phase === 'Blocked') {
      // Also when it wants the same: the release may lie elsewhere now.
      this.request = proposed;
      this.goOn();
    }
    return isAmended ? 'amended' : 'attached';
  }

  private differences(proposed: BringUpRequest): string[] {
    const differences = specDifferences(this.request.spec, proposed.spec);
    if (this.request.surplus !== proposed.surplus) {
      differences.push(`surplus minions: ${this.request.surplus} → ${proposed.surplus}`);
    }
    if (JSON.stringify(this.request.build) !== JSON.stringify(proposed.build)) {
      differences.push(`build: ${nameOf(this.request.build)} → ${nameOf(proposed.build)}`);
    }
    return differences;
  }
}

function nameOf(build: BringUpRequest['build']): string {
  return build === undefined ? 'none' : Object.values(build).join(' ');
}
