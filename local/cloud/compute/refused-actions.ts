import type { HttpFault } from '../fault-error.js';
import { asObject } from '../json-body.js';
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

/** Whether Nova knows an action at all. */
export function isKnownAction(name: string): boolean {
  return (
    name === 'resetNetwork' || Object.hasOwn(ADMIN_ACTIONS, name) || CONSOLE_ACTIONS.includes(name)
  );
}

/** Why a known action is not taken. */
export function refusal(name: string, input: unknown): HttpFault {
  const rule = ADMIN_ACTIONS[name];
  if (rule !== undefined) return policy(rule);
  if (name === 'resetNetwork') return gone();
  const type = asObject(input)?.type;
  return novaFault(400, `Unavailable console type ${typeof type === 'string' ? type : 'None'}.`);
}

/** What Nova once had. */
export function gone(): HttpFault {
  return novaFault(410, 'This resource is no longer available. No forwarding address is given.');
}
