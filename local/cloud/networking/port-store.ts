import { randomInt, randomUUID } from 'node:crypto';
import { randomMac } from '../ids.js';
import type { PortRecord, SubnetRecord } from '../records.js';
import type { State } from '../state.js';
import { addressNumber, addressText } from './cidr.js';
import { networkNotFound, neutronFault } from './faults.js';

/** Among how many of the first free addresses one is drawn: the real one draws too. */
const DRAW = 32;

/** All ports of a server, in the order of its networks. */
export function portsOfDevice(state: State, deviceId: string): PortRecord[] {
  return sorted(state.ports.all().filter((port) => port.deviceId === deviceId));
}

/** The ports of every device. */
export function portsByDevice(state: State): Map<string, PortRecord[]> {
  const byDevice = new Map<string, PortRecord[]>();
  for (const port of sorted(state.ports.all())) {
    const list = byDevice.get(port.deviceId);
    if (list === undefined) byDevice.set(port.deviceId, [port]);
    else list.push(port);
  }
  return byDevice;
}

/** The subnets of a network, oldest first. */
export function subnetsOf(state: State, networkId: string): SubnetRecord[] {
  return sorted(state.subnets.all().filter((subnet) => subnet.networkId === networkId));
}

/**
 * One address of every IP version that the network has, as a port gets when it asks for none.
 * @throws 404 when the network is gone, 409 when no range has a free address left
 */
export function allocateAddresses(
  state: State,
  networkId: string,
): { subnetId: string; ip: string }[] {
  if (!state.networks.has(networkId)) throw networkNotFound(networkId);
  const used = usedAddresses(state, networkId);
  const subnets = subnetsOf(state, networkId);
  const chosen: { subnetId: string; ip: string }[] = [];
  for (const version of [4, 6] as const) {
    const candidates = subnets.filter((subnet) => subnet.ipVersion === version);
    if (candidates.length === 0) continue;
    const found = candidates
      .map((subnet) => ({ subnetId: subnet.id, ip: freeAddress(subnet, used) }))
      .find(({ ip }) => ip !== undefined);
    if (found?.ip === undefined) throw noAddressLeft(networkId);
    chosen.push({ subnetId: found.subnetId, ip: found.ip });
  }
  return chosen;
}

/** A network whose pools are used up. */
export function noAddressLeft(networkId: string): ReturnType<typeof neutronFault> {
  return neutronFault(
    409,
    'IpAddressGenerationFailure',
    `No more IP addresses available on network ${networkId}.`,
  );
}

/** The addresses in use on a network. */
export function usedAddresses(state: State, networkId: string): Set<string> {
  const ports = state.ports.all().filter((port) => port.networkId === networkId);
  return new Set(ports.flatMap((port) => port.fixedIps.map(({ ip }) => ip)));
}

/** A free address of one subnet, or undefined. */
export function freeAddress(subnet: SubnetRecord, used: Set<string>): string | undefined {
  const free: string[] = [];
  for (const pool of subnet.allocationPools) {
    const last = addressNumber(pool.end)?.value ?? -1n;
    for (let n = addressNumber(pool.start)?.value ?? 0n; n <= last && free.length < DRAW; n++) {
      const text = addressText(subnet.ipVersion, n);
      if (!used.has(text)) free.push(text);
    }
  }
  return free.length === 0 ? undefined : free[randomInt(free.length)];
}

/** Puts a new port into the state; call it inside a transaction. */
export function addPort(
  state: State,
  wish: Pick<PortRecord, 'networkId' | 'fixedIps' | 'deviceId' | 'deviceOwner'> &
    Partial<PortRecord>,
): PortRecord {
  const now = Date.now();
  const port: PortRecord = {
    id: randomUUID(),
    order: state.nextNumber(),
    name: '',
    description: '',
    tags: [],
    createdAt: now,
    updatedAt: now,
    revision: 1,
    macAddress: randomMac(),
    adminStateUp: true,
    status: 'DOWN',
    securityGroups: [],
    allowedAddressPairs: [],
    portSecurity: true,
    madeByCompute: false,
    ...wish,
  };
  state.ports.put(port.id, port);
  return port;
}

function sorted<T extends { order: number }>(records: T[]): T[] {
  return records.sort((a, b) => a.order - b.order);
}
