import { randomUUID } from 'node:crypto';
import type { MachineRule } from '../records.js';
import type { State } from '../state.js';

/** Adds a rule for servers created from now on. `name` is a regular expression. */
export function addMachineRule(
  state: State,
  rule: Omit<MachineRule, 'id' | 'order' | 'times'> & {
    id?: string | undefined;
    times?: number | undefined;
  },
): MachineRule {
  if (rule.name !== undefined) new RegExp(rule.name);
  return state.transaction(() => {
    const record = {
      ...rule,
      id: rule.id ?? randomUUID(),
      order: state.nextNumber(),
      times: rule.times ?? null,
    };
    state.machineRules.put(record.id, record);
    return record;
  });
}

/**
 * What the rules say of a new server: the oldest rule that speaks of the build and the oldest that
 * speaks of the guest, each used up by one. Call it inside the transaction that makes the server.
 */
export function takeMachineRules(
  state: State,
  name: string,
): { build: MachineRule['build']; guest: MachineRule['guest'] } {
  const rules = state.machineRules
    .all()
    .filter((rule) => rule.times !== 0)
    .filter((rule) => rule.name === undefined || new RegExp(rule.name).test(name))
    .sort((a, b) => a.order - b.order);
  const build = rules.find((rule) => rule.build !== undefined);
  const guest = rules.find((rule) => rule.guest !== undefined);
  for (const rule of new Set([build, guest])) {
    if (rule === undefined || rule.times === null) continue;
    state.machineRules.put(rule.id, { ...rule, times: rule.times - 1 });
  }
  return { build: build?.build, guest: guest?.guest };
}
