import type { Cloud } from '../cloud.js';
import type { PortRecord, ServerRecord } from '../records.js';
import { novaFault, policy } from './faults.js';
import { isoTime } from './formats.js';
import { pageItems } from './links.js';
import { checkListQuery } from './server-list-query.js';
import { sortServers } from './server-sort.js';
import { statusFilter } from './server-status.js';

type Ports = Map<string, PortRecord[]>;
type Filter = (server: ServerRecord) => boolean;

const TRUE = /^(1|t|true|on|y|yes)$/i;
const FALSE = /^(0|f|false|off|n|no)$/i;

/**
 * The page of servers that a query asks for, newest first unless it says otherwise. Deleted ones
 * are shown by `changes-since` and `changes-before` only.
 * @param rule the part of the policy's name that tells a detailed list from a brief one
 * @param portsByServer is called only when the query is about addresses
 */
export function listServers(
  cloud: Cloud,
  query: URLSearchParams,
  minor: number,
  rule: 'index' | 'detail',
  portsByServer: () => Ports,
): ServerRecord[] {
  checkListQuery(query, minor);
  const all = query.getAll('all_tenants').at(-1);
  if (all !== undefined && !FALSE.test(all)) throw policy(`servers:${rule}:get_all_tenants`);
  const filters = [
    ...stateFilters(query, minor),
    ...fieldFilters(query, minor),
    ...addressFilters(query, minor, portsByServer),
  ];
  const servers = cloud.state.servers
    .all()
    .filter((server) => filters.every((filter) => filter(server)));
  sortServers(servers, query, minor);
  return pageItems(
    servers,
    query,
    ({ id }) => id,
    (marker) => novaFault(400, `marker [${marker}] not found`),
  );
}

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
  if (query.has('status')) filters.push(statusFilterOf(query.getAll('status'), minor));
  return filters;
}

function statusFilterOf(statuses: string[], minor: number): Filter {
  const wanted = statusFilter(statuses);
  if (wanted === undefined) {
    if (minor >= 38) throw novaFault(400, 'Invalid status value');
    return () => false;
  }
  const { vmStates, taskStates } = wanted;
  if (vmStates.length === 1 && vmStates[0] === 'deleted') {
    throw novaFault(403, 'Only administrators may list deleted instances');
  }
  return ({ vmState, taskState }) =>
    vmStates.includes(vmState) && (taskStates?.includes(taskState ?? '') ?? true);
}

/** Filters that need no administrator; what a microversion does not have is ignored. */
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
      // Nova takes the bar for itself: MySQL would refuse one with nothing beside it.
      const pattern = new RegExp(value.replaceAll('|', '\\|'), 'i');
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
  add(
    'reservation_id',
    1,
    matching(({ reservationId }) => reservationId ?? ''),
  );
  add('locked', 73, lockFilter);
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
  add('tags', 26, tagFilter('every', true));
  add('tags-any', 26, tagFilter('some', true));
  add('not-tags', 26, tagFilter('every', false));
  add('not-tags-any', 26, tagFilter('some', false));
  return filters;
}

function lockFilter(value: string): Filter {
  if (!TRUE.test(value) && !FALSE.test(value)) {
    const known = ['0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'];
    const list = known.map((word) => `'${word}'`).join(', ');
    throw novaFault(400, `Unrecognized value '${value}', acceptable values are: ${list}`);
  }
  return ({ locked }) => locked === TRUE.test(value);
}

function tagFilter(how: 'every' | 'some', wanted: boolean): (value: string) => Filter {
  return (value) =>
    ({ tags }) =>
      value.split(',')[how]((tag) => tags.includes(tag)) === wanted;
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

function time(query: URLSearchParams, name: string): number | undefined {
  const text = query.getAll(name).at(-1);
  return text === undefined ? undefined : isoTime(text);
}
