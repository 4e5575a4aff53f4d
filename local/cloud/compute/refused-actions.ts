import type { HttpFault } from '../fault-error.js';
import { asObject } from '../json-body.js';
import type { ServerRecord, VmState } from '../records.js';
import { novaFault, policy } from './faults.js';

/** Actions for administrators, with the policy rule that says so. */
const ADMIN_ACTIONS: Record<string, string> = {
  'os-resetState': 'os-admin-actions:reset_state',
  injectNetworkInfo: 'os-admin-actions:inject_network_info',
  migrate: 'os-migrate-server:migrate',
  'os-migrateLive': 'os-migrate-server:migrate_live',
  evacuate: 'os-evacuate',
  shelveOffload: 'os-shelve:shelve_offload',
};

const CONSOLE_ACTIONS = ['os-getVNCConsole', 'os-getSPICEConsole', 'os-getRDPConsole'].concat([
  'os-getSerialConsole',
]);

/** What Nova does and this cloud does not, with the states that Nova allows it in. */
const UNSUPPORTED_ACTIONS: Record<string, VmState[]> = {
  createImage: ['active', 'stopped', 'paused', 'suspended'],
  createBackup: ['active', 'stopped', 'paused', 'suspended'],
};

/** Whether Nova knows an action at all. */
export function isKnownAction(name: string): boolean {
  return (
    name === 'resetNetwork' ||
    Object.hasOwn(ADMIN_ACTIONS, name) ||
    Object.hasOwn(UNSUPPORTED_ACTIONS, name) ||
    CONSOLE_ACTIONS.includes(name)
  );
}

/** Why a known action is not taken. */
export function refusal(name: string, server: ServerRecord, input: unknown): HttpFault {
  const rule = ADMIN_ACTIONS[name];
  if (rule !== undefined) return policy(rule);
  if (name === 'resetNetwork') return gone();
  if (CONSOLE_ACTIONS.includes(name)) {
    const type = asObject(input)?.type;
    return novaFault(400, `Unavailable console type ${typeof type === 'string' ? type : 'None'}.`);
  }
  if (server.locked) return novaFault(409, `Instance ${server.id} is locked`);
  if (UNSUPPORTED_ACTIONS[name]?.includes(server.vmState) !== true) {
    return novaFault(
      409,
      `Cannot '${name}' instance ${server.id} while it is in vm_state ${server.vmState}`,
    );
  }
  return novaFault(501, 'The requested functionality is not supported.');
}

/** What Nova once had. */
export function gone(): HttpFault {
  return novaFault(410, 'This resource is no longer available. No forwarding address is given.');
}
