import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
} from '@temporalio/workflow';
import type { Preflight } from '../activities/preflight.js';
import type { Survey, SurveyedServer } from '../activities/survey.js';
import { serverName } from '../cluster/names.js';
import { phaseOf, type MachineResult, type Observation } from '../cluster/observation.js';
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

  /** Master, then minions with the master's address; anew when the master had to be replaced meanwhile. */
  private async machines(found: Preflight, networkId: string): Promise<number[]> {
    const { board } = this.run;
    board.see(found.survey.servers.map(observationOf));
    for (;;) {
      const request = this.machineRequest(found, networkId, 0);
      const master = new Machine(request, this.run.sightings, askForMasterMs);
      const masterReady = underCondition(board, 'MasterReady', 'Booting', () =>
        this.settled(master),
      );
      // Awaited below; the address comes first.
      masterReady.catch(() => undefined);
      const address = await master.awaitAddress();
      if (!address) {
        await masterReady;
        continue;
      }
      const [minions] = await together(
        this.whileAt(master, address, () =>
          underCondition(board, 'MinionsReady', 'Booting', () =>
            this.minions(found, networkId, address),
          ),
        ),
        masterReady,
      );
      if (minions) return minions;
    }
  }

  /** Minions are given the master's address at boot: when it is lost, there is no use in waiting for them. */
  private async whileAt<T>(
    master: Machine,
    address: string,
    body: () => Promise<T>,
  ): Promise<T | undefined> {
    let isLost = false;
    return CancellationScope.cancellable(async () => {
      const scope = CancellationScope.current();
      const lost = master.loses(address).then(() => {
        isLost = true;
        scope.cancel();
      });
      lost.catch(() => undefined);
      try {
        return await body();
      } catch (error) {
        if (isLost && isCancellation(error)) return undefined;
        throw error;
      } finally {
        if (!isLost) scope.cancel();
      }
    });
  }

  /** Those that are ready already need no workflow; for each of the others there is a child. */
  private async minions(
    found: Preflight,
    networkId: string,
    masterAddress: string,
  ): Promise<number[]> {
    const { spec } = this.run.current;
    const indexes = Array.from({ length: spec.minions }, (_, i) => i + 1);
    const ready = indexes.filter((index) => isReadyAlready(found.survey, index, masterAddress));
    const requests = indexes
      .filter((index) => !ready.includes(index))
      .map((index) => ({ ...this.machineRequest(found, networkId, index), masterAddress }));
    this.run.board.changed(
      ...ready.map((index) => `adopted server ${serverName(spec.name, 'minion', index)}`),
    );
    return [...ready, ...(await bringUpMinions(this.run, requests, ready.length))];
  }

  private async settled(master: Machine): Promise<MachineResult> {
    const result = await master.bringUp();
    this.run.board.changed(...master.changes);
    if (result.failure) throw failWith(result.failure);
    return result;
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

function isReadyAlready({ servers }: Survey, index: number, masterAddress: string): boolean {
  const namesakes = servers.filter((server) => server.role === 'minion' && server.index === index);
  const [only] = namesakes;
  return (
    only !== undefined &&
    namesakes.length === 1 &&
    only.masterAddress === masterAddress &&
    phaseOf(observationOf(only)) === 'Ready'
  );
}

function observationOf(server: SurveyedServer): Observation {
  const { role, index, id, bootId, status, address, report, fault } = server;
  return {
    role,
    index,
    serverId: id,
    bootId,
    serverStatus: status,
    address,
    report,
    detail: fault,
  };
}
