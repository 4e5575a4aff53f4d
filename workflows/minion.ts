import { setHandler } from '@temporalio/workflow';
import type { MachineResult } from '../cluster/observation.js';
import { machinesChangedSignal } from './interface.js';
import { Machine, Sightings, type MachineRequest } from './machine.js';

/** Brings up one minion; a child of `bringUpCluster`. Rejects only when a step is blocked, or on cancellation. */
export async function bringUpMinion(
  request: MachineRequest,
): Promise<MachineResult & { changes: string[] }> {
  const sightings = new Sightings();
  setHandler(machinesChangedSignal, (changed) => sightings.tell(changed));
  const machine = new Machine(request, sightings);
  const result = await machine.bringUp();
  return { ...result, changes: machine.changes };
}
