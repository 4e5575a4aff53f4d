import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { asObject } from '../json-body.js';
import { param } from '../query.js';
import type { ServerRecord } from '../records.js';
import { act, type Action } from './action.js';
import { novaFault } from './faults.js';
import { floatingIpActions } from './floating-ip-actions.js';
import { novaBody } from './json.js';
import { requestedMicroversion } from './microversion.js';
import { lifecycleActions } from './lifecycle-actions.js';
import { object, wrapped } from './parameter-types.js';
import { rebuild } from './rebuild-action.js';
import { isKnownAction, refusal } from './refused-actions.js';
import { resizeActions } from './resize-actions.js';
import { securityGroupActions } from './security-group-actions.js';
import {
  changeServer,
  findMapped,
  findServer,
  recordAction,
  requireState,
} from './server-store.js';
import { snapshotActions } from './snapshot-actions.js';
import { Validator } from './validation.js';

const REBOOT = new Validator(
  wrapped(
    'reboot',
    object({ type: { type: 'string', enum: ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft'] } }, [
      'type',
    ]),
  ),
);
const CONSOLE_OUTPUT = new Validator(
  wrapped(
    'os-getConsoleOutput',
    object({
      length: { type: ['integer', 'string', 'null'], pattern: '^-?[0-9]+$', minimum: -1 },
    }),
  ),
);
const LOCK = new Validator({
  type: 'object',
  properties: {
    lock: {
      type: ['object', 'null'],
      properties: { locked_reason: { type: 'string', minLength: 1, maxLength: 255 } },
      additionalProperties: false,
    },
  },
  required: ['lock'],
  additionalProperties: false,
});

/** What a hard reboot may put an end to. */
const INTERRUPTIBLE = 'rebooting rebooting_hard resuming unpausing pausing suspending'.split(' ');

const ACTIONS: Record<string, Action> = {
  ...lifecycleActions,
  ...resizeActions,
  ...securityGroupActions,
  ...floatingIpActions,
  rebuild,
  ...snapshotActions,

  reboot(cloud, request, server, body) {
    REBOOT.body(body, request.call.legacyCompute);
    const hard = (body.reboot as { type: string }).type.toUpperCase() === 'HARD';
    requireState(
      server,
      'reboot',
      hard
        ? {
            vmStates: ['active', 'stopped', 'paused', 'suspended', 'error'],
            taskStates: [null, ...INTERRUPTIBLE],
          }
        : { vmStates: ['active'] },
    );
    act(cloud, request, server, 'reboot');
    cloud.machines.power(server.id, hard ? 'rebooting_hard' : 'rebooting', 'running');
    return undefined;
  },

  'os-stop'(cloud, request, server) {
    requireState(server, 'stop', { vmStates: ['active', 'error'], host: true });
    act(cloud, request, server, 'stop');
    cloud.machines.power(server.id, 'powering-off', 'stopped');
    return undefined;
  },

  'os-start'(cloud, request, server) {
    requireState(server, 'start', { vmStates: ['stopped'], host: true });
    act(cloud, request, server, 'start');
    cloud.machines.power(server.id, 'powering-on', 'running');
    return undefined;
  },

  'os-getConsoleOutput'(cloud, request, server, body, reply) {
    CONSOLE_OUTPUT.body(body, request.call.legacyCompute);
    if (server.hostId === '') throw novaFault(409, `Instance ${server.id} is not ready`);
    const { length } = body['os-getConsoleOutput'] as { length?: number | string | null };
    const lines = cloud.machines.consoleLines(server.id);
    reply.code(200);
    return { output: tail([...lines, ''], length ?? null) };
  },

  forceDelete(cloud, request, server) {
    if (server.locked) throw novaFault(409, `Instance ${server.id} is locked`);
    act(cloud, request, server, 'forceDelete');
    cloud.machines.delete(server.id);
    return undefined;
  },

  lock(cloud, request, server, body) {
    if (requestedMicroversion(cloud, request) >= 73) LOCK.body(body);
    setLocked(cloud, request, server, true);
    return undefined;
  },

  unlock(cloud, request, server) {
    setLocked(cloud, request, server, false);
    return undefined;
  },
};

/** Actions that look a server up by the cell it is in, and so have words of their own for none. */
const BY_MAPPING = new Set(['os-start', 'os-stop', 'trigger_crash_dump']);

/** What can be done to a server. */
export function serverActionRoutes(app: FastifyInstance, cloud: Cloud): void {
  app.post('/compute/v2.1/servers/:server/action', (request, reply) => {
    const body = asObject(novaBody(request));
    const [name, ...others] = Object.keys(body ?? {});
    if (body === undefined || name === undefined || others.length > 0) {
      throw novaFault(400, 'Malformed request body');
    }
    const action = ACTIONS[name];
    if (action === undefined && !isKnownAction(name)) {
      throw novaFault(400, `There is no such action: ${name}`);
    }
    const id = param(request, 'server');
    const server = (BY_MAPPING.has(name) ? findMapped : findServer)(cloud.state, id);
    if (action === undefined) throw refusal(name, body[name]);
    return action(cloud, request, server, body, reply.code(202)) ?? reply.send();
  });
}

function setLocked(
  cloud: Cloud,
  request: FastifyRequest,
  server: ServerRecord,
  locked: boolean,
): void {
  changeServer(cloud, server.id, (old) => {
    old.locked = locked;
    recordAction(cloud.state, request, server.id, locked ? 'lock' : 'unlock');
  });
}

/** The last lines of a log, as Nova counts them: the end after the last newline is a line too. */
function tail(lines: string[], length: number | string | null): string {
  if (length === null) return lines.join('\n');
  const count = Number(length);
  if (count === 0) return '';
  return lines.slice(-count).join('\n');
}
