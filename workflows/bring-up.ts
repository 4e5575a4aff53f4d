import {
  allHandlersFinished,
  CancellationScope,
  condition,
  ContinueAsNew,
  isCancellation,
} from '@temporalio/workflow';
import type { Survey } from '../activities/survey.js';
import { releaseTag } from '../cluster/names.js';
import { otherRelease } from '../cluster/other-release.js';
import type { BringUpRequest } from '../cluster/spec.js';
import type { ClusterStatus } from '../cluster/status.js';
import { longWork, reads, steps, watcher } from './activities.js';
import { retire } from './admission.js';
import { beside } from './beside.js';
import { failureOf, failWith } from './failure.js';
import { bringUpFleet, type Fleet } from './fleet.js';
import { buildRelease, showNotAwaited, verifyKubernetes } from './kubernetes.js';
import { Run, together, underCondition } from './run.js';
import { keyPair, network, release, undos } from './steps.js';

/**
 * Makes the cloud match the spec: adopts what is there, makes what is missing, replaces what is broken.
 * On a healthy cluster it writes nothing. Kill anything at any moment and it goes on where it left off.
 */
export async function bringUpCluster(request: BringUpRequest): Promise<ClusterStatus> {
  const run = new Run(request);
  const bringUp = new BringUp(run);
  try {
    return await run.untilDone(() => bringUp.flow());
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    await CancellationScope.nonCancellable(async () => {
      if (run.current.spec.onFailure === 'rollback') await bringUp.rollBack();
      run.board.enter(isCancellation(error) ? 'Cancelled' : 'Failed');
    });
    throw error;
  } finally {
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

class BringUp {
  /** What existed before this run began: a rollback leaves it. */
  private before?: Survey;

  constructor(private readonly run: Run) {}

  /** The guide, step by step. */
  async flow(): Promise<void> {
    const { board } = this.run;
    const found = await underCondition(board, 'PreflightPassed', 'Checking', () =>
      reads.preflight.executeWithOptions({ summary: 'preflight' }, [this.run.current]),
    );
    this.before ??= found.survey;
    const { spec } = this.run.current;

    const [networkId] = await together(
      underCondition(board, network.done, network.doing, async () => {
        const { id, changes } = await network.do(spec);
        board.changed(...changes);
        return id;
      }),
      this.provideRelease(found.survey),
      underCondition(board, keyPair.done, keyPair.doing, async () => {
        board.changed(...(await keyPair.do(spec)));
      }),
    );

    const fleet = await beside(
      () => this.watch(),
      () => bringUpFleet(this.run, found, networkId),
    );

    await underCondition(board, 'Verified', 'Verifying', async () => {
      const { spec: built } = this.run.current;
      await this.removeSurplus(found.survey, fleet);
      const minions = fleet.minions.filter(({ ready }) => ready).map(({ index }) => index);
      await steps.verifyCluster.executeWithOptions({ summary: 'verify' }, [
        { spec: built, minions },
      ]);
      const { deleted } = await longWork.pruneReleases.executeWithOptions(
        { summary: 'prune old releases' },
        [built],
      );
      board.changed(...deleted.map((name) => `deleted ${name}`));
      await verifyKubernetes(board, built, minions);
      showNotAwaited(board, built);
    });
  }

  private async provideRelease(existing: Survey): Promise<void> {
    const { board } = this.run;
    const { build, spec } = this.run.current;
    if (build) {
      await underCondition(board, 'ReleaseBuilt', 'Building', async () => {
        this.run.built(await buildRelease(build, spec.release.file));
        // Of one that is given, preflight has seen it.
        const other = otherRelease(this.run.current.spec.release.sha256, existing.servers);
        if (other) throw failWith(other);
      });
    }
    await underCondition(board, release.done, release.doing, async () => {
      board.changed(...(await release.do(this.run.current.spec)));
    });
  }

  /** Removes what this run made, in reverse order; goes on past a step that fails, and says so. */
  async rollBack(): Promise<void> {
    if (!this.before) return;
    const { board } = this.run;
    const { spec } = this.run.current;
    board.enter('RollingBack');
    // When preflight looked, what was to be built had no hash; machines that came up with it had it before.
    const tag = releaseTag(spec.release.sha256);
    const release = this.before.release || this.before.servers.some((one) => one.release === tag);
    const scope = {
      cluster: spec.name,
      containers: new Set([spec.release.container]),
      before: { survey: { ...this.before, release }, spec },
    };
    for (const { undone, undo } of undos) {
      try {
        const deleted = await underCondition(board, undone, 'Deleting', () => undo(scope));
        board.changed(...deleted.map((name) => `rolled back ${name}`));
      } catch {
        // Its condition says why; what is left is named there, and `kubeup down` removes it.
      }
    }
  }

  /** Tells of the machines as long as the fleet takes; a failure of its own is a condition of its own. */
  private async watch(): Promise<never> {
    const { board } = this.run;
    const { name } = this.run.current.spec;
    board.clear('MachinesWatched');
    try {
      return await watcher.watchMachines.executeWithOptions({ summary: 'watch the machines' }, [
        { cluster: name },
      ]);
    } catch (error) {
      if (!isCancellation(error)) board.fail('MachinesWatched', failureOf(error));
      throw error;
    }
  }

  /** Minions beyond the spec (`up` refused them at preflight), and doubles that a lost answer left. */
  private async removeSurplus(
    { servers }: Survey,
    { masterServerId, minions }: Fleet,
  ): Promise<void> {
    const { spec } = this.run.current;
    const surplus = servers.filter(({ index }) => index > spec.minions).map(({ index }) => index);
    this.run.board.changed(...(await retire(spec, surplus)));
    const kept = [masterServerId, ...minions.map(({ serverId }) => serverId)];
    const { deleted } = await longWork.deleteServers.executeWithOptions(
      { summary: 'delete surplus servers' },
      [
        {
          cluster: spec.name,
          which: { kept, highestIndex: spec.minions },
        },
      ],
    );
    this.run.board.changed(...deleted.map((name) => `deleted server ${name}`));
  }
}
