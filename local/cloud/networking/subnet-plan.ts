import type { SubnetRecord } from '../records.js';
import type { State } from '../state.js';
import {
  addressNumber,
  addressText,
  cidrText,
  contains,
  overlap,
  parseCidr,
  type Cidr,
} from './cidr.js';
import { checkedPools, defaultPools, type AllocationPool } from './allocation-pools.js';
import { badRequestOf, invalidInput, neutronFault } from './faults.js';
import { subnetsOf } from './port-store.js';

/** Neutron's `max_dns_nameservers` and `max_subnet_host_routes`. */
const MAX_NAMESERVERS = 5;
const MAX_HOST_ROUTES = 20;

/** A subnet as it may be asked for. */
export interface SubnetWish {
  name: string;
  description?: string;
  network_id: string;
  ip_version: 4 | 6;
  cidr?: string;
  prefixlen?: number;
  subnetpool_id?: string | null;
  /** Null is none; unsaid, the cloud chooses one. */
  gateway_ip?: string | null;
  allocation_pools?: AllocationPool[];
  dns_nameservers?: string[];
  host_routes?: SubnetRecord['hostRoutes'];
  enable_dhcp: boolean;
}

type Addressing = Pick<
  SubnetRecord,
  | 'cidr'
  | 'ipVersion'
  | 'gatewayIp'
  | 'enableDhcp'
  | 'allocationPools'
  | 'dnsNameservers'
  | 'hostRoutes'
>;

/**
 * The addressing of a new subnet.
 * @throws 400 or 409 for what does not fit itself, or the network's other subnets
 */
export function plannedSubnet(state: State, wish: SubnetWish): Addressing {
  const { ip_version: ipVersion, enable_dhcp: enableDhcp } = wish;
  const cidr = requestedCidr(wish);
  requireVersion(ipVersion, cidr, 'cidr', cidrText(cidr));
  if (enableDhcp) checkDhcp(cidr);
  checkGateway(cidr, wish.gateway_ip);
  checkServers(wish, ipVersion, 'new subnet');
  refuseOverlap(state, wish.network_id, cidr);

  const gatewayIp = gatewayOf(cidr, wish.gateway_ip);
  const wanted = wish.allocation_pools;
  if (wanted === undefined) requireRoomForGateway(cidr, gatewayIp);
  return {
    cidr: cidrText(cidr),
    ipVersion,
    gatewayIp,
    enableDhcp,
    allocationPools:
      wanted === undefined ? defaultPools(cidr, gatewayIp) : checkedPools(cidr, gatewayIp, wanted),
    dnsNameservers: wish.dns_nameservers ?? [],
    hostRoutes: wish.host_routes ?? [],
  };
}

/** What a change makes of a subnet's attributes. */
export function changedSubnet(
  record: SubnetRecord,
  changes: Partial<SubnetWish>,
): Partial<SubnetRecord> {
  const cidr = cidrOf(record);
  if (changes.enable_dhcp === true && !record.enableDhcp) checkDhcp(cidr);
  checkGateway(cidr, changes.gateway_ip);
  checkServers(changes, record.ipVersion, record.id);
  const gatewayIp = changes.gateway_ip === undefined ? record.gatewayIp : changes.gateway_ip;
  const allocationPools = changes.allocation_pools ?? record.allocationPools;
  if (changes.allocation_pools !== undefined || gatewayIp !== record.gatewayIp) {
    checkedPools(cidr, gatewayIp, allocationPools);
  }
  return {
    name: changes.name ?? record.name,
    description: changes.description ?? record.description,
    enableDhcp: changes.enable_dhcp ?? record.enableDhcp,
    gatewayIp,
    allocationPools,
    dnsNameservers: changes.dns_nameservers ?? record.dnsNameservers,
    hostRoutes: changes.host_routes ?? record.hostRoutes,
  };
}

function requestedCidr({ cidr: text, prefixlen, subnetpool_id: pool }: SubnetWish): Cidr {
  if (text !== undefined && prefixlen !== undefined) {
    throw badRequestOf('subnets', 'cidr and prefixlen must not be supplied together');
  }
  if (typeof pool === 'string') {
    throw neutronFault(404, 'SubnetPoolNotFound', `Subnet pool ${pool} could not be found.`);
  }
  const cidr = text === undefined ? undefined : parseCidr(text);
  if (cidr === undefined) {
    throw badRequestOf('subnets', 'a subnetpool must be specified in the absence of a cidr');
  }
  return cidr;
}

function cidrOf(record: SubnetRecord): Cidr {
  const cidr = parseCidr(record.cidr);
  if (cidr === undefined) throw new Error(`Subnet ${record.id} has no valid cidr`);
  return cidr;
}

function requireVersion(
  ipVersion: 4 | 6,
  address: { version: 4 | 6 } | undefined,
  name: string,
  text: string,
): void {
  if (address?.version === ipVersion) return;
  throw invalidInput(`${name} '${text}' does not match the ip_version '${ipVersion}'`);
}

function checkDhcp(cidr: Cidr): void {
  if (cidr.prefix > (cidr.version === 4 ? 30 : 126)) {
    throw invalidInput('Subnet has a prefix length that is incompatible with DHCP service enabled');
  }
  const topByte = cidr.version === 4 ? cidr.first >> 24n : cidr.first >> 120n;
  const isMulticast = cidr.version === 4 ? topByte >= 224n && topByte < 240n : topByte === 255n;
  if (isMulticast) {
    throw invalidInput('Multicast IP subnet is not supported if enable_dhcp is True');
  }
  const isLoopback = cidr.version === 4 ? topByte === 127n : cidr.first === 1n;
  if (isLoopback) {
    throw invalidInput('Loopback IP subnet is not supported if enable_dhcp is True');
  }
  if (cidr.version === 4 && cidr.first === 0n) {
    throw invalidInput("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.");
  }
}

/** A gateway outside of the subnet is allowed. */
function checkGateway(cidr: Cidr, gateway: string | null | undefined): void {
  if (gateway === null || gateway === undefined) return;
  const address = addressNumber(gateway);
  requireVersion(cidr.version, address, 'gateway_ip', gateway);
  const isEdge = address?.value === cidr.first || address?.value === cidr.last;
  if (cidr.version === 4 && isEdge) throw invalidInput('Gateway is not valid on subnet');
}

function checkServers(
  { dns_nameservers: servers = [], host_routes: routes = [] }: Partial<SubnetWish>,
  ipVersion: 4 | 6,
  what: string,
): void {
  if (servers.length > MAX_NAMESERVERS) {
    throw exhausted('DNSNameServersExhausted', what, 'DNS nameservers', MAX_NAMESERVERS);
  }
  for (const server of servers) {
    requireVersion(ipVersion, addressNumber(server), 'dns_nameserver', server);
  }
  if (routes.length > MAX_HOST_ROUTES) {
    throw exhausted('HostRoutesExhausted', what, 'host routes', MAX_HOST_ROUTES);
  }
  for (const { destination, nexthop } of routes) {
    requireVersion(ipVersion, addressNumber(nexthop), 'nexthop', nexthop);
    requireVersion(ipVersion, parseCidr(destination), 'destination', destination);
  }
}

function exhausted(
  type: string,
  what: string,
  things: string,
  limit: number,
): ReturnType<typeof neutronFault> {
  return neutronFault(
    400,
    type,
    `Unable to complete operation for ${what}. The number of ${things} exceeds the limit ${limit}.`,
  );
}

function refuseOverlap(state: State, networkId: string, cidr: Cidr): void {
  if (cidr.prefix === 0) throw invalidInput('0 is not allowed as CIDR prefix length');
  if (!subnetsOf(state, networkId).some((other) => overlap(cidrOf(other), cidr))) return;
  throw invalidInput(
    `Requested subnet with cidr: ${cidrText(cidr)} for network: ${networkId} ` +
      'overlaps with another subnet',
  );
}

/** Null is none; when nothing is said, the first address (IPv4: of a host). */
function gatewayOf(cidr: Cidr, wanted: string | null | undefined): string | null {
  if (wanted !== undefined) return wanted;
  return addressText(cidr.version, cidr.version === 6 ? cidr.first : cidr.first + 1n);
}

/** The two addresses of a /31 are the ports'. */
function requireRoomForGateway(cidr: Cidr, gateway: string | null): void {
  const address = gateway === null ? undefined : addressNumber(gateway);
  if (cidr.version === 4 && cidr.prefix === 31 && address && contains(cidr, address)) {
    throw neutronFault(
      409,
      'IpamValueInvalid',
      `Gateway IP ${String(gateway)} cannot be allocated in CIDR ${cidrText(cidr)}`,
    );
  }
}
