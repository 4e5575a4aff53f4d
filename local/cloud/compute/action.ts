import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import type { ServerRecord, Task, VmState } from '../records.js';
import { recordAction, requireState } from './server-store.js';

/**
 * What is done to a server. The answer is a 202 unless the action says otherwise.
 * @returns the body of the answer, when it has one
 */
export type Action = (
  cloud: Cloud,
  request: FastifyRequest,
  server: ServerRecord,
  body: Record<string, unknown>,
  reply: FastifyReply,
) => Record<string, unknown> | undefined;

/** Writes down in a transaction of its own what is done to a server. */
export function act(
  cloud: Cloud,
  request: FastifyRequest,
  { id }: ServerRecord,
  action: string,
): void {
  cloud.state.transaction(() => {
    recordAction(cloud.state, request, id, action);
  });
}

/** The task that an action begins: Nova's task state, and the step that comes next. */
export type Begun = [taskState: string, step: Task];

/**
 * Writes an action down and begins its task.
 * @param change what becomes of the server at once
 */
export function begin(
  cloud: Cloud,
  request: FastifyRequest,
  server: ServerRecord,
  action: string,
  [taskState, step]: Begun,
  change?: (server: ServerRecord) => void,
): void {
  act(cloud, request, server, action);
  cloud.machines.begin(server.id, taskState, step, change);
}

/** An action that needs no more than a state, and begins a task. */
export function task(action: string, vmStates: VmState[], begun: Begun): Action {
  return (cloud, request, server) => {
    requireState(server, action, { vmStates });
    begin(cloud, request, server, action, begun);
    return undefined;
  };
}
