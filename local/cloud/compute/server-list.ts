import type { Cloud } from '../cloud.js';
import type { PortRecord, ServerRecord } from '../records.js';
import { novaFault, policy } from './faults.js';
import { isoTime } from './formats.js';
import { pageItems } from './links.js';
import * as type from './parameter-types.js';
import { statusFilter } from './server-status.js';
import { Validator } from './validation.js';

type Ports = Map<string, PortRecord[]>;

const REGEX = type.values({ type: 'string', format: 'regex' });
const TIME = type.values({ type: 'string', format: 'date-time' });

/** Columns that servers can be sorted by, as far as they differ here. */
const SORT_KEYS: Record<string, (server: ServerRecord) => string | number> = {
  created_at: ({ order }) => order,
  updated_at: ({ updatedAt }) => updatedAt,
  launched_at: ({ launchedAt }) => launchedAt ?? 0,
  terminated_at: ({ terminatedAt }) => terminatedAt ?? 0,
  display_name: ({ name }) => name.toLowerCase(),
  display_description: ({ description }) => description ?? '',
  hostname: ({ hostname }) => hostname,
  uuid: ({ id }) => id,
  vm_state: ({ vmState }) => vmState,
  task_state: ({ taskState }) => taskState ?? '',
  power_state: ({ powerState }) => powerState,
  key_name: ({ keyName }) => keyName ?? '',
  image_ref: ({ imageId }) => imageId,
  instance_type_id: ({ flavorId }) => flavorId,
  availability_zone: ({ availabilityZone }) => availabilityZone,
  progress: ({ progress }) => progress,
  config_drive: ({ configDrive }) => Number(configDrive),
  access_ip_v4: ({ accessIPv4 }) => accessIPv4,
  access_ip_v6: ({ accessIPv6 }) => accessIPv6,
};

/** Of one project all servers have the same; of others every user may know only that they exist. */
const CONSTANT_SORT_KEYS = ['auto_disk_config', 'locked_by', 'project_id', 'user_id'].concat([
  'kernel_id',
  'ramdisk_id',
  'launch_index',
  'root_device_name',
  'host',
  'node',
  'locked',
]);

const validators = new Map<number, Validator>();

function validatorFor(minor: number): Validator {
  const version = [75, 73, 66, 26].find((step) => step <= minor) ?? 1;
  const found = validators.get(version) ?? new Validator(querySchema(version));
  validators.set(version, found);
  return found;
}

function querySchema(minor: number): Record<string, unknown> {
  const names = ['user_id', 'project_id', 'tenant_id', 'image_ref', 'image', 'vm_state']
    .concat(['task_state', 'host', 'uuid', 'sort_dir', 'all_tenants', 'soft_deleted', 'deleted'])
    .concat(['status', 'launch_index']);
  const patterns = ['hostname', 'key_name', 'power_state', 'flavor', 'reservation_id', 'name']
    .concat([
      'availability_zone',
      'display_name',
      'description',
      'display_description',
      'locked_by',
    ])
    .concat(['config_drive', 'access_ip_v4', 'access_ip_v6', 'progress', 'ip', 'ip6', 'created_at'])
    .concat(['launched_at', 'terminated_at', 'node', 'root_device_name', 'auto_disk_config'])
    .concat(minor >= 26 ? ['tags', 'tags-any', 'not-tags', 'not-tags-any'] : []);
  return type.query(
    {
      ...Object.fromEntries(names.map((name) => [name, type.values()])),
      ...Object.fromEntries(patterns.map((name) => [name, REGEX])),
      sort_key: type.values({ enum: [...Object.keys(SORT_KEYS), ...CONSTANT_SORT_KEYS] }),
      'changes-since': TIME,
      ...(minor >= 66 ? { 'changes-before': TIME } : {}),
      ...(minor >= 73 ? { locked: type.values() } : {}),
      ...type.paging,
    },
    minor,
  );
}

/**
 * The page of servers that a query asks for, newest first unless it says otherwise. Deleted ones
 * are shown by `changes-since` and `changes-before` only.
 * @param portsByServer is called only when the query is about addresses
 */
export function listServers(
  cloud: Cloud,
  query: URLSearchParams,
  minor: number,
  portsByServer: () => Ports,
): ServerRecord[] {
  validatorFor(minor).query(query);
  const filters = [
    ...stateFilters(query, minor),
    ...fieldFilters(query, minor),
    ...addressFilters(query, minor, portsByServer),
  ];
  if (query.has('all_tenants') && !/^(0|false|f|no|n|off)$/i.test(query.get('all_tenants') ?? '')) {
    throw policy('servers:detail:get_all_tenants');
  }
  const servers = cloud.state.servers
    .all()
    .filter((server) => filters.every((filter) => filter(server)));
  sort(servers, query);
  return pageItems(
    servers,
    query,
    ({ id }) => id,
    (marker) => novaFault(400, `marker [${marker}] not found`),
  );
}

type Filter = (server: ServerRecord) => boolean;

function stateFilters(query: URLSearchParams, minor: number): Filter[] {
  const filters: Filter[] = [];
  const since = time(query, 'changes-since');
  const before = minor >= 66 ? time(query, 'changes-before') : undefined;
  if (since !== undefined && before !== undefined && before < since) {
    throw novaFault(
      400,
      'The value of changes-since must be less than or equal to changes-before.',
    );
  }
  // Nova compares with whole seconds.
  const updated = ({ updatedAt }: ServerRecord): number => Math.floor(updatedAt / 1000) * 1000;
  if (since !== undefined) filters.push((server) => updated(server) >= since);
  if (before !== undefined) filters.push((server) => updated(server) <= before);
  if (since === undefined && before === undefined) {
    filters.push(({ vmState }) => vmState !== 'deleted');
  }
  if (!query.has('status')) return filters;
  const wanted = statusFilter(query.getAll('status'));
  if (wanted === undefined) {
    if (minor >= 38) throw novaFault(400, 'Invalid status value');
    return [() => false];
  }
  const { vmStates, taskStates } = wanted;
  if (vmStates.length === 1 && vmStates[0] === 'deleted') {
    throw novaFault(403, 'Only administrators may list deleted instances');
  }
  filters.push(({ vmState, taskState }) => {
    if (!vmStates.includes(vmState)) return false;
    return taskStates === undefined || taskStates.includes(taskState ?? '');
  });
  return filters;
}

function fieldFilters(query: URLSearchParams, minor: number): Filter[] {
  const filters: Filter[] = [];
  const add = (name: string, since: number, filter: (value: string) => Filter): void => {
    const value = query.getAll(name).at(-1);
    if (value !== undefined && minor >= since) filters.push(filter(value));
  };
  // The database's collation makes no difference between capitals and small letters.
  const matching =
    (field: (server: ServerRecord) => string) =>
    (value: string): Filter => {
      const pattern = new RegExp(value, 'i');
      return (server) => pattern.test(field(server));
    };
  add(
    'name',
    1,
    matching(({ name }) => name),
  );
  add(
    'image',
    1,
    (value) =>
      ({ imageId }) =>
        imageId === value,
  );
  add(
    'flavor',
    1,
    (value) =>
      ({ flavorId }) =>
        flavorId === value,
  );
  add('reservation_id', 1, () => () => false);
  add(
    'locked',
    73,
    (value) =>
      ({ locked }) =>
        locked === type.isTrue(value),
  );
  add(
    'key_name',
    83,
    matching(({ keyName }) => keyName ?? ''),
  );
  add(
    'availability_zone',
    83,
    matching(({ availabilityZone }) => availabilityZone),
  );
  add(
    'vm_state',
    83,
    matching(({ vmState }) => vmState),
  );
  add(
    'task_state',
    83,
    matching(({ taskState }) => taskState ?? ''),
  );
  add(
    'hostname',
    90,
    matching(({ hostname }) => hostname),
  );
  const tagged = (name: string, every: boolean, wanted: boolean): void => {
    add(name, 26, (value) => ({ tags }) => {
      const list = value.split(',');
      const has = every
        ? list.every((tag) => tags.includes(tag))
        : list.some((tag) => tags.includes(tag));
      return has === wanted;
    });
  };
  tagged('tags', true, true);
  tagged('tags-any', false, true);
  tagged('not-tags', true, false);
  tagged('not-tags-any', false, false);
  return filters;
}

/** Neutron looks for part of an address. */
function addressFilters(query: URLSearchParams, minor: number, ports: () => Ports): Filter[] {
  const wanted = [query.get('ip'), minor >= 5 ? query.get('ip6') : null].filter(
    (part) => part !== null,
  );
  if (wanted.length === 0) return [];
  const byServer = ports();
  return wanted.map((part) => ({ id }) => {
    const own = byServer.get(id) ?? [];
    return own.some(({ fixedIps }) => fixedIps.some(({ ip }) => ip.includes(part)));
  });
}

function sort(servers: ServerRecord[], query: URLSearchParams): void {
  const keys = query.has('sort_key') ? query.getAll('sort_key') : ['created_at'];
  const directions = query.has('sort_dir') ? query.getAll('sort_dir') : ['desc'];
  const columns = keys.map((key, i) => ({
    value: SORT_KEYS[key],
    sign: (directions[i] ?? directions[0]) === 'asc' ? 1 : -1,
  }));
  servers.sort((a, b) => {
    for (const { value, sign } of columns) {
      if (value === undefined) continue;
      const [x, y] = [value(a), value(b)];
      if (x !== y) return x < y ? -sign : sign;
    }
    return b.order - a.order;
  });
}

function time(query: URLSearchParams, name: string): number | undefined {
  const text = query.getAll(name).at(-1);
  return text === undefined ? undefined : isoTime(text);
}
