import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Preflight } from '../activities/preflight.js';
import type { Survey, SurveyedServer } from '../activities/survey.js';
import { serverName } from '../cluster/names.js';
import { isSettled, type MachineResult, type Observation } from '../cluster/observation.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { failWith } from './failure.js';
import { Machine, type MachineRequest } from './machine.js';
import { bringUpMinions, type KeptMinion } from './minions.js';
import { together, underCondition, type Run } from './run.js';
import { networkIdsOf } from './steps.js';

/** How often the master's address is asked for when no signal has told it, milliseconds. */
const askForMasterMs = 30_000;

/** The machines that are the cluster. */
export interface Fleet {
  masterServerId: string;
  minions: KeptMinion[];
}

/** Master, then minions with the master's address; anew when the master had to be replaced meanwhile. */
export async function bringUpFleet(run: Run, found: Preflight, networkId: string): Promise<Fleet> {
  const { board } = run;
  board.see(found.survey.servers.map(observationOf));
  for (;;) {
    const master = new Machine(requestFor(run, found, networkId, 0), run.sightings, askForMasterMs);
    const masterReady = underCondition(board, 'MasterReady', 'Booting', () =>
      settledMaster(run, master),
    );
    // Awaited below; the address comes first.
    masterReady.catch(() => undefined);
    const address = await master.awaitAddress();
    if (!address) {
      await masterReady;
      continue;
    }
    const [minions, settled] = await together(
      whileAt(master, address, () =>
        underCondition(board, 'MinionsReady', 'Booting', () =>
          minionsOf(run, found, networkId, address),
        ),
      ),
      masterReady,
    );
    // Replaced after the last minion was ready: they know the lost one's address.
    const isTheirs = settled.address === address;
    if (minions && isTheirs) return { masterServerId: settled.serverId, minions };
  }
}

/** Minions are given the master's address at boot: when it is lost, there is no use in waiting for them. */
async function whileAt<T>(
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
async function minionsOf(
  run: Run,
  found: Preflight,
  networkId: string,
  masterAddress: string,
): Promise<KeptMinion[]> {
  const { spec } = run.current;
  const adopted: KeptMinion[] = [];
  const requests: MachineRequest[] = [];
  for (let index = 1; index <= spec.minions; index += 1) {
    const ready = readyAlready(found.survey, index, masterAddress, spec.wait);
    if (ready) {
      adopted.push({ index, serverId: ready.id, ready: true });
      run.board.changed(`adopted server ${serverName(spec.name, 'minion', index)}`);
    } else {
      requests.push({ ...requestFor(run, found, networkId, index), masterAddress });
    }
  }
  return [...adopted, ...(await bringUpMinions(run, requests, adopted.length))];
}

async function settledMaster(run: Run, master: Machine): Promise<MachineResult> {
  const result = await master.bringUp();
  run.board.changed(...master.changes);
  run.board.conclude(0, result);
  if (result.failure) throw failWith(result.failure);
  return result;
}

function requestFor(run: Run, found: Preflight, networkId: string, index: number): MachineRequest {
  const role = index === 0 ? 'master' : 'minion';
  return {
    spec: run.current.spec,
    role,
    index,
    imageId: found.imageId,
    flavorId: role === 'master' ? found.masterFlavorId : found.minionFlavorId,
    networkIds: networkIdsOf(found, networkId),
  };
}

function readyAlready(
  { servers }: Survey,
  index: number,
  masterAddress: string,
  wait: ClusterSpec['wait'],
): SurveyedServer | undefined {
  const namesakes = servers.filter((server) => server.role === 'minion' && server.index === index);
  const [only] = namesakes;
  return only &&
    namesakes.length === 1 &&
    only.masterAddress === masterAddress &&
    isSettled(observationOf(only), wait)
    ? only
    : undefined;
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
