import type { FastifyRequest } from 'fastify';
import type { HttpFault } from '../fault-error.js';
import type { Cloud } from '../cloud.js';
import type { ServerRecord, VmState } from '../records.js';
import type { State } from '../state.js';
import { noInstance, noMapping, novaFault } from './faults.js';

/** A server that is not gone yet; throws 404. */
export function findServer(state: State, id: string): ServerRecord {
  const server = state.servers.get(id);
  if (server === undefined || server.vmState === 'deleted') throw noInstance(id);
  return server;
}

/** The same for the requests that look for the server's cell first; throws 404. */
export function findMapped(state: State, id: string): ServerRecord {
  if (!state.servers.has(id)) throw noMapping(id);
  return findServer(state, id);
}

/** Writes down what was done to a server. Call it inside a transaction. */
export function recordAction(
  state: State,
  request: FastifyRequest,
  serverId: string,
  action: string,
): void {
  const record = { action, requestId: request.call.requestId, at: Date.now() };
  state.serverActions.put([serverId, state.nextNumber()], record);
}

/** Changes a server in a transaction of its own and returns it as it is then; throws 404. */
export function changeServer(
  cloud: Cloud,
  id: string,
  change: (server: ServerRecord) => void,
): ServerRecord {
  return cloud.state.transaction(() => {
    const server = findServer(cloud.state, id);
    change(server);
    server.updatedAt = Date.now();
    cloud.state.servers.put(id, server);
    return server;
  });
}

/** What an action asks of a server's state. */
export interface NeededState {
  vmStates: VmState[];
  /** @default no task under way */
  taskStates?: (string | null)[] | 'any';
  /** Whether the machine must have a host, as it has soon after the scheduling. @default false */
  host?: boolean;
}

/** Nova's decorators of an action: lock, host, states, in its order; throws 409. */
export function requireState(
  server: ServerRecord,
  action: string,
  { vmStates, taskStates = [null], host = false }: NeededState,
): void {
  if (server.locked) throw novaFault(409, `Instance ${server.id} is locked`);
  if (host && server.hostId === '') throw novaFault(409, `Instance ${server.id} is not ready`);
  const during = (attribute: string, state: string): never => {
    throw novaFault(
      409,
      `Cannot '${action}' instance ${server.id} while it is in ${attribute} ${state}`,
    );
  };
  if (!vmStates.includes(server.vmState)) during('vm_state', server.vmState);
  if (taskStates !== 'any' && !taskStates.includes(server.taskState)) {
    during('task_state', server.taskState ?? 'None');
  }
  if (server.launchedAt === null) throw invalidState(server, action);
}

/** A state that Nova does not name. */
export function invalidState({ id }: ServerRecord, action: string): HttpFault {
  return novaFault(409, `Instance ${id} is in an invalid state for '${action}'`);
}
