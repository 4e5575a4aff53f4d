/**
 * IPv4 ranges: parsed, compared, and handed out. Pure integer arithmetic without imports, because the
 * workflows use it inside their sandbox and must get the same answer at every replay.
 */

/** An IPv4 range. Addresses are unsigned 32-bit integers. */
export interface Range {
  /** Network address: the lowest of the range. */
  first: number;
  /** Broadcast address: the highest of the range. */
  last: number;
  /** Bits of the network part, 0 to 32. */
  prefix: number;
}

/** Private ranges of RFC 1918, and the shared address space of RFC 6598. */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];

const podPrefix = 24;
const podRangeSize = 2 ** (32 - podPrefix);

/** Dotted quad without leading zeros (which some programs read as octal); `undefined` when it is none. */
export function parseAddress(text: string): number | undefined {
  if (!/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text)) return undefined;
  const octets = text.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((address, octet) => address * 256 + octet, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** `a.b.c.d/p` with no host bits set; `undefined` when it is none. */
export function parseCidr(text: string): Range | undefined {
  const match = /^([\d.]+)\/(0|[1-9]|[12]\d|3[0-2])$/.exec(text);
  const first = match && parseAddress(match[1]!);
  if (first === undefined || first === null) return undefined;
  const prefix = Number(match![2]);
  const size = 2 ** (32 - prefix);
  if (first % size !== 0) return undefined;
  return { first, last: first + size - 1, prefix };
}

export function formatRange(range: Range): string {
  return `${formatAddress(range.first)}/${range.prefix}`;
}

/** The range that an address with host bits set lies in, e.g. `10.1.2.3/24` → `10.1.2.0/24`. */
export function enclosingCidr(text: string): string | undefined {
  const [address, prefix] = text.split('/');
  const first = parseAddress(address ?? '');
  if (first === undefined || prefix === undefined || !/^(\d|[12]\d|3[0-2])$/.test(prefix)) {
    return undefined;
  }
  const size = 2 ** (32 - Number(prefix));
  return `${formatAddress(first - (first % size))}/${Number(prefix)}`;
}

/** Whether two ranges have an address in common. */
export function overlaps(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Whether the whole of `inner` (or the one address) lies in `outer`. */
export function contains(outer: Range, inner: Range | number): boolean {
  const { first, last } = typeof inner === 'number' ? { first: inner, last: inner } : inner;
  return outer.first <= first && last <= outer.last;
}

/** Whether no address of the range is routed on the internet. */
export function isPrivate(range: Range): boolean {
  return privateRanges.some((outer) => contains(mustParse(outer), range));
}

/** Number of minions that a pod network has ranges for; index 0 is the master's. */
export function podCapacity(podNetwork: string): number {
  return Math.max(0, podRangeCount(mustParse(podNetwork)) - 1);
}

/**
 * Pod range of a machine: the index-th /24 of the pod network, 0 for the master. Depends on nothing else,
 * so that a machine keeps its range whatever becomes of the others.
 * @throws RangeError when the pod network has no such range
 */
export function podRange(podNetwork: string, index: number): string {
  const network = mustParse(podNetwork);
  if (!Number.isInteger(index) || index < 0 || index >= podRangeCount(network)) {
    throw new RangeError(`Pod network ${podNetwork} has no range ${index}`);
  }
  return formatRange({
    first: network.first + index * podRangeSize,
    last: network.first + (index + 1) * podRangeSize - 1,
    prefix: podPrefix,
  });
}

/** Addresses that the cloud itself uses in a subnet: network, broadcast, gateway, and DHCP (up to two). */
const addressesTheCloudTakes = 5;

/** Number of machines that a cloud network has addresses for. */
export function hostCapacity(cidr: string): number {
  const range = mustParse(cidr);
  return Math.max(0, range.last - range.first + 1 - addressesTheCloudTakes);
}

function podRangeCount(network: Range): number {
  return Math.floor((network.last - network.first + 1) / podRangeSize);
}

function mustParse(cidr: string): Range {
  const range = parseCidr(cidr);
  if (!range) throw new RangeError(`${cidr} is not an IPv4 range`);
  return range;
}
