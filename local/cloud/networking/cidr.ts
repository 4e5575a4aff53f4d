import ipaddr from 'ipaddr.js';

/** An address as a number. */
export interface Address {
  version: 4 | 6;
  value: bigint;
}

/** An address with a prefix length, and the range around it: the first and the last address. */
export interface Cidr extends Address {
  prefix: number;
  first: bigint;
  last: bigint;
}

/** An address as a number, or undefined when it is none. Only full dotted IPv4 is taken. */
export function addressNumber(text: string): Address | undefined {
  const isAddress = text.includes(':')
    ? ipaddr.IPv6.isValid(text)
    : ipaddr.IPv4.isValidFourPartDecimal(text);
  if (!isAddress) return undefined;
  const address = ipaddr.parse(text);
  const value = address.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { version: address.kind() === 'ipv4' ? 4 : 6, value };
}

/** The text of an address. */
export function addressText(version: 4 | 6, value: bigint): string {
  const length = version === 4 ? 4 : 16;
  const bytes = Array.from({ length }, (_, i) =>
    Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn),
  );
  return ipaddr.fromByteArray(bytes).toString();
}

/**
 * A CIDR as Python's netaddr reads one: no prefix length is one address, a netmask is a prefix
 * length, missing IPv4 bytes are 0, space around is ignored. Undefined when it is none.
 */
export function parseCidr(text: string): Cidr | undefined {
  const [base, mask, ...rest] = text.trim().split('/');
  if (base === undefined || rest.length > 0) return undefined;
  const address = addressNumber(/^\d+(\.\d+){0,2}$/.test(base) ? padded(base) : base);
  if (address === undefined) return undefined;
  const bits = address.version === 4 ? 32 : 128;
  const prefix = mask === undefined ? bits : prefixLength(mask);
  if (prefix === undefined || prefix > bits) return undefined;
  const size = 1n << BigInt(bits - prefix);
  const first = (address.value / size) * size;
  return { ...address, prefix, first, last: first + size - 1n };
}

/** `192.168.0.0/24` for `192.168.0.7/24`. */
export function cidrText(cidr: Cidr): string {
  return `${addressText(cidr.version, cidr.first)}/${cidr.prefix}`;
}

/** `192.168.0.7/24` for `192.168.0.7/24`: the address stays. */
export function interfaceText(cidr: Cidr): string {
  return `${addressText(cidr.version, cidr.value)}/${cidr.prefix}`;
}

/** Whether two ranges share an address. */
export function overlap(a: Cidr, b: Cidr): boolean {
  return a.version === b.version && a.first <= b.last && b.first <= a.last;
}

/** Whether a range holds an address. */
export function contains(cidr: Cidr, address: Address): boolean {
  return (
    cidr.version === address.version && cidr.first <= address.value && address.value <= cidr.last
  );
}

/** The first and the last address that a port may have: no network, no IPv4 broadcast address. */
export function hostRange(cidr: Cidr): { first: bigint; last: bigint } {
  if (cidr.first === cidr.last) return cidr;
  if (cidr.version === 6) return { first: cidr.first + 1n, last: cidr.last };
  return cidr.prefix <= 30 ? { first: cidr.first + 1n, last: cidr.last - 1n } : cidr;
}

function padded(base: string): string {
  return [...base.split('.'), '0', '0', '0'].slice(0, 4).join('.');
}

function prefixLength(mask: string): number | undefined {
  if (/^\d{1,3}$/.test(mask)) return Number(mask);
  if (!ipaddr.IPv4.isValidFourPartDecimal(mask)) return undefined;
  return ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() ?? undefined;
}
