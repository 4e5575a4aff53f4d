import type { SubnetRecord } from '../records.js';
import { addressNumber, addressText, cidrText, hostRange, type Cidr } from './cidr.js';
import { neutronFault } from './faults.js';

/** A range of addresses that ports get theirs from. */
export type AllocationPool = SubnetRecord['allocationPools'][number];

interface Pool {
  version: 4 | 6;
  first: bigint;
  last: bigint;
  /** As Neutron's error texts print it. */
  text: string;
}

/** Every address a port may have, but the gateway's. */
export function defaultPools(cidr: Cidr, gateway: string | null): AllocationPool[] {
  const text = (value: bigint): string => addressText(cidr.version, value);
  const { first, last } = hostRange(cidr);
  const without = gateway === null ? undefined : addressNumber(gateway)?.value;
  if (without === undefined || without < first || without > last) {
    return [{ start: text(first), end: text(last) }];
  }
  const around = [];
  if (without > first) around.push({ start: text(first), end: text(without - 1n) });
  if (without < last) around.push({ start: text(without + 1n), end: text(last) });
  return around;
}

/**
 * The pools that were asked for.
 * @throws 400 for a pool that cannot be, 409 for pools that share addresses, or hold the gateway's
 */
export function checkedPools(
  cidr: Cidr,
  gateway: string | null,
  wanted: AllocationPool[],
): AllocationPool[] {
  const ranges = wanted.map(({ start, end }) => poolOf(start, end));
  const { first, last } = hostRange(cidr);
  for (const [index, range] of ranges.entries()) {
    if (range.version !== cidr.version) throw invalidPool(range.text);
    if (range.first < first || range.last > last) {
      throw neutronFault(
        400,
        'OutOfBoundsAllocationPool',
        `The allocation pool ${range.text} spans beyond the subnet cidr ${cidrText(cidr)}.`,
      );
    }
    const other = ranges
      .slice(0, index)
      .find((before) => before.first <= range.last && range.first <= before.last);
    if (other !== undefined) {
      throw neutronFault(
        409,
        'OverlappingAllocationPools',
        `Found overlapping allocation pools: ${other.text} ${range.text} ` +
          `for subnet ${cidrText(cidr)}.`,
      );
    }
  }
  const gatewayNumber = gateway === null ? undefined : addressNumber(gateway)?.value;
  const conflict = ranges.find(
    (range) =>
      gatewayNumber !== undefined && range.first <= gatewayNumber && gatewayNumber <= range.last,
  );
  if (conflict !== undefined) {
    throw neutronFault(
      409,
      'GatewayConflictWithAllocationPools',
      `Gateway ip ${String(gateway)} conflicts with allocation pool ${conflict.text}.`,
    );
  }
  return wanted;
}

function poolOf(start: string, end: string): Pool {
  const [first, last] = [addressNumber(start), addressNumber(end)];
  if (first === undefined || first.version !== last?.version || last.value < first.value) {
    throw invalidPool(`{'start': '${start}', 'end': '${end}'}`);
  }
  const text = `${start}-${end}`;
  return { version: first.version, first: first.value, last: last.value, text };
}

function invalidPool(text: string): ReturnType<typeof neutronFault> {
  return neutronFault(400, 'InvalidAllocationPool', `The allocation pool ${text} is not valid.`);
}
