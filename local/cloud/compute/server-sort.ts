import type { ServerRecord } from '../records.js';
import { novaFault } from './faults.js';

/** Columns that servers can be sorted by, as far as they differ here. */
const COLUMNS: Record<string, (server: ServerRecord) => string | number> = {
  access_ip_v4: ({ accessIPv4 }) => accessIPv4,
  access_ip_v6: ({ accessIPv6 }) => accessIPv6,
  availability_zone: ({ availabilityZone }) => availabilityZone,
  config_drive: ({ configDrive }) => Number(configDrive),
  created_at: ({ order }) => order,
  display_description: ({ description }) => description ?? '',
  display_name: ({ name }) => name.toLowerCase(),
  hostname: ({ hostname }) => hostname,
  image_ref: ({ imageId }) => imageId,
  instance_type_id: ({ flavorId }) => flavorId,
  key_name: ({ keyName }) => keyName ?? '',
  launched_at: ({ launchedAt }) => launchedAt ?? 0,
  locked: ({ locked }) => Number(locked),
  power_state: ({ powerState }) => powerState,
  progress: ({ progress }) => progress,
  task_state: ({ taskState }) => taskState ?? '',
  terminated_at: ({ terminatedAt }) => terminatedAt ?? 0,
  updated_at: ({ updatedAt }) => updatedAt,
  uuid: ({ id }) => id,
  vm_state: ({ vmState }) => vmState,
};

/** Keys that Nova takes, in the order in which it names them. */
const KEYS = (
  'access_ip_v4 access_ip_v6 auto_disk_config availability_zone config_drive created_at ' +
  'display_description display_name host hostname image_ref instance_type_id kernel_id key_name ' +
  'launch_index launched_at locked_by node power_state progress project_id ramdisk_id ' +
  'root_device_name task_state terminated_at updated_at user_id uuid vm_state'
).split(' ');

/** Keys that Nova takes until 2.75, and ignores. */
const IGNORED_KEYS = (
  'architecture cell_name cleaned default_ephemeral_device default_swap_device deleted deleted_at ' +
  'disable_terminate ephemeral_gb ephemeral_key_uuid id key_data launched_on locked memory_mb ' +
  'os_type reservation_id root_gb shutdown_terminate user_data vcpus vm_mode'
).split(' ');

/** The sort keys that a microversion takes. */
export function sortKeys(minor: number): string[] {
  if (minor < 73) return [...KEYS, ...IGNORED_KEYS];
  const others = minor < 75 ? IGNORED_KEYS.filter((key) => key !== 'locked') : [];
  return ['locked', ...KEYS, ...others];
}

/**
 * Sorts servers as a query says, newest first when it says nothing.
 * @throws 403 for the keys of administrators
 */
export function sortServers(servers: ServerRecord[], query: URLSearchParams, minor: number): void {
  const directions = query.has('sort_dir') ? query.getAll('sort_dir') : ['desc'];
  const keys = query.has('sort_key') ? query.getAll('sort_key') : ['created_at'];
  const columns = keys.map((key, i) => {
    if (key === 'host' || key === 'node') {
      throw novaFault(403, `Only administrators can sort servers by ${key}`);
    }
    const ignored = minor < 73 && key === 'locked';
    const sign = (directions[i] ?? directions[0]) === 'asc' ? 1 : -1;
    return { value: ignored ? undefined : COLUMNS[key], sign };
  });
  servers.sort((a, b) => {
    for (const { value, sign } of columns) {
      if (value === undefined) continue;
      const [x, y] = [value(a), value(b)];
      if (x !== y) return x < y ? -sign : sign;
    }
    return b.order - a.order;
  });
}
