import { quota, type Cloud } from '../cloud.js';
import type { FlavorRecord, RequestedNetwork } from '../records.js';
import type { State } from '../state.js';
import { novaFault } from './faults.js';

/** What the project's servers use of its quota. */
export interface Usage {
  cores: number;
  instances: number;
  ram: number;
}

/** Counts every server that is not gone, in whatever state. */
export function serverUsage(state: State): Usage {
  const flavors = new Map(state.flavors.all().map((flavor) => [flavor.id, flavor]));
  const usage = { cores: 0, instances: 0, ram: 0 };
  for (const { vmState, flavorId } of state.servers.all()) {
    if (vmState === 'deleted') continue;
    usage.instances += 1;
    usage.cores += flavors.get(flavorId)?.vcpus ?? 0;
    usage.ram += flavors.get(flavorId)?.ramMiB ?? 0;
  }
  return usage;
}

/**
 * How many servers of at most `max` the project's ports are enough for.
 * @throws 403 when they are too few for `min`
 */
export function connectedCount(
  cloud: Cloud,
  networks: RequestedNetwork[],
  min: number,
  max: number,
): number {
  const each = networks.filter(({ portId }) => portId === undefined).length;
  const limit = quota(cloud).ports;
  if (each === 0 || limit < 0) return max;
  const room = Math.floor((limit - cloud.state.ports.all().length) / each);
  if (room < min) throw novaFault(403, 'Maximum number of ports exceeded');
  return Math.min(max, room);
}

/**
 * How many servers may be made: `max`, or as many as there is room for.
 * @throws 403 when there is no room for `min`
 */
export function admittedCount(
  cloud: Cloud,
  flavor: FlavorRecord,
  min: number,
  max: number,
): number {
  const allowed = limitsOf(cloud);
  const used = serverUsage(cloud.state);
  const each: Usage = { cores: flavor.vcpus, instances: 1, ram: flavor.ramMiB };
  const room = (kind: keyof Usage): number =>
    allowed[kind] < 0 || each[kind] === 0
      ? Infinity
      : Math.floor((allowed[kind] - used[kind]) / each[kind]);
  const admitted = Math.min(max, ...KINDS.map(room));
  if (admitted >= min) return admitted;
  const over = KINDS.filter((kind) => room(kind) < max);
  const instances = min === max ? String(min) : `${min}-${max}`;
  throw novaFault(403, overQuota(over, { ...times(each, max), instances }, used, allowed));
}

/**
 * Nova's second look, when the servers are there: others may have been made since the first. Call it inside the
 * transaction that makes them.
 * @returns what becomes their fault, when they are too many now
 */
export function recheckQuota(
  cloud: Cloud,
  flavor: FlavorRecord,
  count: number,
): string | undefined {
  const allowed = limitsOf(cloud);
  const used = serverUsage(cloud.state);
  const over = KINDS.filter((kind) => allowed[kind] >= 0 && used[kind] > allowed[kind]);
  if (over.length === 0) return undefined;
  const each: Usage = { cores: flavor.vcpus, instances: 1, ram: flavor.ramMiB };
  // It says that all that is allowed is used, however much that is.
  return overQuota(over, times(each, count), allowed, allowed);
}

/** Why a server may not change its flavor, if so: only what grows counts. */
export function upsizeProblem(cloud: Cloud, fromId: string, toId: string): string | undefined {
  const { flavors } = cloud.state;
  const [from, to] = [flavors.get(fromId), flavors.get(toId)];
  const allowed = limitsOf(cloud);
  const used = serverUsage(cloud.state);
  const requested: Usage = {
    cores: (to?.vcpus ?? 0) - (from?.vcpus ?? 0),
    instances: 0,
    ram: (to?.ramMiB ?? 0) - (from?.ramMiB ?? 0),
  };
  const over = KINDS.filter(
    (kind) =>
      requested[kind] > 0 && allowed[kind] >= 0 && used[kind] + requested[kind] > allowed[kind],
  );
  return over.length === 0 ? undefined : overQuota(over, requested, used, allowed);
}

const KINDS = ['cores', 'instances', 'ram'] as const;

function limitsOf(cloud: Cloud): Usage {
  const { cores, instances, ramMiB } = quota(cloud);
  return { cores, instances, ram: ramMiB };
}

function times(each: Usage, count: number): Usage {
  return {
    cores: each.cores * count,
    instances: each.instances * count,
    ram: each.ram * count,
  };
}

function overQuota(
  over: (keyof Usage)[],
  requested: Record<keyof Usage, number | string>,
  used: Usage,
  allowed: Usage,
): string {
  const list = (values: Record<keyof Usage, number | string>): string =>
    over.map((kind) => values[kind]).join(', ');
  const names = over.join(', ');
  return (
    `Quota exceeded for ${names}: Requested ${list(requested)}, ` +
    `but already used ${list(used)} of ${list(allowed)} ${names}`
  );
}
