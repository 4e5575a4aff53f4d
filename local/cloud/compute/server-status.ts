import type { ServerRecord } from '../records.js';

const REBUILD = {
  rebuilding: 'REBUILD',
  rebuild_block_device_mapping: 'REBUILD',
  rebuild_spawning: 'REBUILD',
};
const RESIZE = {
  resize_prep: 'RESIZE',
  resize_migrating: 'RESIZE',
  resize_migrated: 'RESIZE',
  resize_finish: 'RESIZE',
};

/** Nova's statuses by VM state and task state; `default` is any other task state. */
const STATUSES: Record<string, Record<string, string>> = {
  active: {
    default: 'ACTIVE',
    rebooting: 'REBOOT',
    rebooting_hard: 'HARD_REBOOT',
    ...REBUILD,
    ...RESIZE,
  },
  building: { default: 'BUILD' },
  stopped: { default: 'SHUTOFF', ...REBUILD, ...RESIZE },
  resized: { default: 'VERIFY_RESIZE', resize_reverting: 'REVERT_RESIZE' },
  paused: { default: 'PAUSED' },
  suspended: { default: 'SUSPENDED' },
  rescued: { default: 'RESCUE' },
  error: { default: 'ERROR', ...REBUILD },
  deleted: { default: 'DELETED' },
  shelved: { default: 'SHELVED' },
  shelved_offloaded: { default: 'SHELVED_OFFLOADED' },
};

/** Statuses that Nova knows and no server of this cloud ever has. */
const NEVER = ['password', 'migrating', 'soft_deleted'];

/** The status that the API shows. */
export function statusOf({ vmState, taskState }: ServerRecord): string {
  const statuses = STATUSES[vmState];
  return statuses?.[taskState ?? 'default'] ?? statuses?.default ?? 'UNKNOWN';
}

/** What a filter by status looks for: VM states, and task states unless any will do. */
export interface StatusFilter {
  vmStates: string[];
  taskStates: string[] | undefined;
}

/**
 * The states behind statuses, in any case; undefined when Nova does not know one of them. As in
 * Nova, `ACTIVE` finds rebooting servers too.
 */
export function statusFilter(statuses: string[]): StatusFilter | undefined {
  const wanted = statuses.map((status) => status.toLowerCase());
  const vmStates = new Set<string>();
  const taskStates = new Set<string>();
  for (const [vmState, byTask] of Object.entries(STATUSES)) {
    for (const [taskState, status] of Object.entries(byTask)) {
      if (!wanted.includes(status.toLowerCase())) continue;
      vmStates.add(vmState);
      taskStates.add(taskState);
    }
  }
  if (vmStates.size === 0 && !wanted.some((status) => NEVER.includes(status))) return undefined;
  return {
    vmStates: [...vmStates],
    taskStates: taskStates.has('default') ? undefined : [...taskStates],
  };
}
