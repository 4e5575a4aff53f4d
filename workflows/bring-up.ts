import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
} from '@temporalio/workflow';
import type { Preflight } from '../activities/preflight.js';
import type { SurveyedServer } from '../activities/survey.js';
import type { MachineResult } from '../cluster/observation.js';
import type { BringUpRequest } from '../cluster/spec.js';
import type { ClusterStatus } from '../cluster/status.js';
import { longWork, reads, steps, watcher } from './activities.js';
import { failWith } from './failure.js';
import { Machine, type MachineRequest } from './machine.js';
import { bringUpMinions } from './minions.js';
import { beside, Run, together, underCondition } from './run.js';
import { keyPair, network, networkIdsOf, release, undos } from './steps.js';

/** How often the master's address is asked for when no signal has told it, milliseconds. */
const askForMasterMs = 30_000;

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
  private before?: Preflight['survey'];

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
      underCondition(board, release.done, release.doing, async () => {
        board.changed(...(await release.do(spec)));
      }),
      underCondition(board, keyPair.done, keyPair.doing, async () => {
        board.changed(...(await keyPair.do(spec)));
      }),
    );

    const watch = {
      cluster: spec.name,
      networkLabel: spec.network.label,
      container: spec.release.container,
    };
    const minions = await beside(
      () => watcher.watchMachines.executeWithOptions({ summary: 'watch the machines' }, [watch]),
      () => this.machines(found, networkId),
    );

    await underCondition(board, 'Verified', 'Verifying', async () => {
      await this.removeSurplus(found.survey.servers);
      await steps.verifyCluster.executeWithOptions({ summary: 'verify' }, [{ spec, minions }]);
      const { deleted } = await longWork.pruneReleases.executeWithOptions(
        { summary: 'prune old releases' },
        [spec],
      );
      board.changed(...deleted.map((name) => `deleted ${name}`));
    });
  }

  /** Removes what this run made, in reverse order; goes on past a step that fails, and says so. */
  async rollBack(): Promise<void> {
    if (!this.before) return;
    const { board } = this.run;
    const { spec } = this.run.current;
    board.enter('RollingBack');
    const scope = {
      cluster: spec.name,
      container: spec.release.container,
      before: { survey: this.before, spec },
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

  /** Master, then minions with the master's address; once more when the master had to be replaced. */
  private async machines(found: Preflight, networkId: string): Promise<number[]> {
    const { board } = this.run;
    for (;;) {
      const master = new Machine(
        this.machineRequest(found, networkId, 0),
        this.run.sightings,
        askForMasterMs,
      );
      const ready = underCondition(board, 'MasterReady', 'Booting', () => this.settled(master));
      if (!(await master.hasAddress())) {
        await ready;
        continue;
      }
      const address = master.currentAddress;
      const requests = this.minionRequests(found, networkId, address);
      const [, minions] = await together(
        ready,
        underCondition(board, 'MinionsReady', 'Booting', () => bringUpMinions(this.run, requests)),
      );
      if (master.currentAddress === address) return minions;
    }
  }

  private async settled(master: Machine): Promise<MachineResult> {
    const result = await master.bringUp();
    this.run.board.changed(...master.changes);
    if (result.failure) throw failWith(result.failure);
    return result;
  }

  private minionRequests(
    found: Preflight,
    networkId: string,
    masterAddress: string,
  ): MachineRequest[] {
    const { spec } = this.run.current;
    return Array.from({ length: spec.minions }, (_, i) => ({
      ...this.machineRequest(found, networkId, i + 1),
      masterAddress,
    }));
  }

  private machineRequest(found: Preflight, networkId: string, index: number): MachineRequest {
    const role = index === 0 ? 'master' : 'minion';
    return {
      spec: this.run.current.spec,
      role,
      index,
      imageId: found.imageId,
      flavorId: role === 'master' ? found.masterFlavorId : found.minionFlavorId,
      networkIds: networkIdsOf(found, networkId),
    };
  }

  private async removeSurplus(servers: readonly SurveyedServer[]): Promise<void> {
    const { spec } = this.run.current;
    const surplus = servers.filter(({ index }) => index > spec.minions);
    if (surplus.length === 0) return;
    const { deleted } = await longWork.deleteServers.executeWithOptions(
      { summary: `delete ${surplus.length} surplus minions` },
      [
        {
          cluster: spec.name,
          container: spec.release.container,
          only: surplus.map(({ id }) => id),
        },
      ],
    );
    this.run.board.changed(...deleted.map((name) => `deleted server ${name}`));
  }
}
