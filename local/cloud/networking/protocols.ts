import { pythonRepr, pythonStr } from '../python-text.js';
import { neutronFault } from './faults.js';

/** The IP protocols that Neutron knows by name, in the order of its error text. */
const NUMBERS: Record<string, number> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  hopopt: 0,
  icmp: 1,
  igmp: 2,
  ip: 0,
  ipip: 4,
  'ipv6-encap': 41,
  'ipv6-frag': 44,
  'ipv6-icmp': 58,
  icmpv6: 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
};

const WITH_PORTS = ['dccp', 'sctp', 'tcp', 'udp', 'udplite'];
const IPV6_ONLY = [
  'ipv6-encap',
  'ipv6-frag',
  'ipv6-icmp',
  'icmpv6',
  'ipv6-nonxt',
  'ipv6-opts',
  'ipv6-route',
  '41',
  '44',
  '58',
  '59',
  '60',
  '43',
];

/** A protocol as it is kept: its name in lower case, or its number as text; null is any. */
export function toProtocol(value: unknown): string | null {
  if (value === null) return null;
  const text = pythonStr(value);
  if (/^\d+$/.test(text) && Number(text) <= 255) return text;
  if (typeof value === 'string' && value.toLowerCase() in NUMBERS) return value.toLowerCase();
  throw neutronFault(
    400,
    'SecurityGroupRuleInvalidProtocol',
    `Security group rule protocol ${text} not supported. Only protocol values ` +
      `${pythonRepr([null, ...Object.keys(NUMBERS)])} and integer representations ` +
      '[0 to 255] are supported.',
  );
}

export function protocolNumber(protocol: string): number {
  return NUMBERS[protocol] ?? Number(protocol);
}

/** ICMP of IPv6 goes by its own name, however it was asked for. */
export function canonicalProtocol(
  protocol: string | null,
  ethertype: 'IPv4' | 'IPv6',
): string | null {
  if (ethertype === 'IPv4' || protocol === null) return protocol;
  if (protocol === 'icmp' || protocol === 'icmpv6') return 'ipv6-icmp';
  return protocol === '1' ? '58' : protocol;
}

export function isIpv6Only(protocol: string | null): boolean {
  return protocol !== null && IPV6_ONLY.includes(protocol);
}

export function hasPorts(protocol: string): boolean {
  return WITH_PORTS.some((name) => NUMBERS[name] === protocolNumber(protocol));
}

export function isIcmp(protocol: string): boolean {
  return [1, 58].includes(protocolNumber(protocol));
}

/** For an error text. */
export function protocolsWithPorts(): string {
  return WITH_PORTS.map((name) => name.toUpperCase()).join(', ');
}
