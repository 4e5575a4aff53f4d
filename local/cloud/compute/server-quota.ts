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
 * How many servers may be made: `max`, or as many as there is room for. Call it inside the
 * transaction that makes them.
 * @throws 403 when there is no room for `min`
 */
export function admittedCount(
  cloud: Cloud,
  flavor: FlavorRecord,
  min: number,
  max: number,
): number {
  const limits = quota(cloud);
  const allowed: Usage = {
    cores: limits.cores,
    instances: limits.instances,
    ram: limits.ramMiB,
  };
  const used = serverUsage(cloud.state);
  const each: Usage = { cores: flavor.vcpus, instances: 1, ram: flavor.ramMiB };
  const kinds = ['cores', 'instances', 'ram'] as const;
  const room = (kind: keyof Usage): number =>
    allowed[kind] < 0 || each[kind] === 0
      ? Infinity
      : Math.floor((allowed[kind] - used[kind]) / each[kind]);
  const admitted = Math.min(max, ...kinds.map(room));
  if (admitted >= min) return admitted;
  const over = kinds.filter((kind) => room(kind) < max);
  const requested = {
    cores: String(max * each.cores),
    instances: min === max ? String(min) : `${min}-${max}`,
    ram: String(max * each.ram),
  };
  const list = (values: Record<keyof Usage, number | string>): string =>
    over.map((kind) => values[kind]).join(', ');
  const names = over.join(', ');
  throw novaFault(
    403,
    `Quota exceeded for ${names}: Requested ${list(requested)}, ` +
      `but already used ${list(used)} of ${list(allowed)} ${names}`,
  );
}
