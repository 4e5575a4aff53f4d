import type { PortRecord, SubnetRecord } from '../records.js';
import type { State } from '../state.js';
import { addressNumber, addressText, contains, parseCidr } from './cidr.js';
import { invalidInput, neutronFault, subnetNotFound } from './faults.js';
import {
  allocateAddresses,
  freeAddress,
  noAddressLeft,
  subnetsOf,
  usedAddresses,
} from './port-store.js';

/** An address as it may be asked for: itself, or any of a subnet. */
export interface FixedIpWish {
  subnet_id?: string;
  ip_address?: string;
}

type FixedIp = PortRecord['fixedIps'][number];

/**
 * The addresses of a port: those asked for, or one of every IP version that the network has.
 * @param current what the port has already: it keeps of that what fits
 * @throws 400 for an address that the network cannot have, 409 for one in use, or when none is left
 */
export function addressesFor(
  state: State,
  networkId: string,
  wanted: FixedIpWish[] | undefined,
  current: FixedIp[] = [],
): FixedIp[] {
  if (wanted === undefined) return allocateAddresses(state, networkId);
  const used = usedAddresses(state, networkId);
  const spare = [...current];
  const choices = wanted.map((fixed) => ({
    subnet: subnetFor(state, networkId, fixed),
    ip: canonical(fixed.ip_address),
  }));
  // Who names an address comes first, lest another draws it.
  const given = choices.filter(({ ip }) => ip !== undefined);
  const drawn = choices.filter(({ ip }) => ip === undefined);
  return [...given, ...drawn].map(({ subnet, ip }) => {
    const kept = spare.findIndex((old) =>
      ip === undefined ? old.subnetId === subnet.id : old.ip === ip,
    );
    if (kept >= 0) return spare.splice(kept, 1)[0]!;
    const address = ip ?? freeAddress(subnet, used);
    if (address === undefined) throw noAddressLeft(networkId);
    if (used.has(address)) throw alreadyAllocated(address, subnet.id);
    used.add(address);
    return { subnetId: subnet.id, ip: address };
  });
}

function subnetFor(state: State, networkId: string, fixed: FixedIpWish): SubnetRecord {
  const subnets = subnetsOf(state, networkId);
  if (subnets.length === 0) throw invalidInput('IP allocation requires subnets for network');
  const { subnet_id: subnetId, ip_address: address } = fixed;
  if (subnetId !== undefined) {
    const subnet = subnets.find(({ id }) => id === subnetId);
    if (subnet === undefined) throw foreignSubnet(state, networkId, subnetId);
    if (address !== undefined && !holds(subnet, address)) {
      throw neutronFault(
        400,
        'InvalidIpForSubnet',
        `IP address ${address} is not a valid IP for the specified subnet.`,
      );
    }
    return subnet;
  }
  if (address === undefined) {
    throw invalidInput('IP allocation requires subnet_id or ip_address');
  }
  const subnet = subnets.find((candidate) => holds(candidate, address));
  if (subnet !== undefined) return subnet;
  throw neutronFault(
    400,
    'InvalidIpForNetwork',
    `IP address ${address} is not a valid IP for any of the subnets on the specified network.`,
  );
}

function foreignSubnet(
  state: State,
  networkId: string,
  subnetId: string,
): ReturnType<typeof neutronFault> {
  if (state.subnets.get(subnetId)?.own !== true) return subnetNotFound(subnetId);
  return invalidInput(
    `Failed to create port on network ${networkId}, ` +
      `because fixed_ips included invalid subnet ${subnetId}`,
  );
}

/** Whether a port may have the address: not the network's own, nor the broadcast address. */
function holds(subnet: SubnetRecord, text: string): boolean {
  const [cidr, address] = [parseCidr(subnet.cidr), addressNumber(text)];
  if (cidr === undefined || address === undefined || !contains(cidr, address)) return false;
  return cidr.version === 6 || (address.value !== cidr.first && address.value !== cidr.last);
}

function canonical(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const number = addressNumber(address);
  return number === undefined ? undefined : addressText(number.version, number.value);
}

function alreadyAllocated(address: string, subnetId: string): ReturnType<typeof neutronFault> {
  return neutronFault(
    409,
    'IpAddressAlreadyAllocated',
    `IP address ${address} already allocated in subnet ${subnetId}`,
  );
}
