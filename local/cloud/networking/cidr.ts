import ipaddr from 'ipaddr.js';

/** An address range: the first and the last address, as numbers. */
export interface Cidr {
  version: 4 | 6;
  prefix: number;
  first: bigint;
  last: bigint;
}

/** An address as a number, or undefined when it is none. Only full dotted IPv4 is taken. */
export function addressNumber(text: string): { version: 4 | 6; value: bigint } | undefined {
  if (
    !ipaddr.IPv4.isValidFourPartDecimal(text) &&
    !(text.includes(':') && ipaddr.IPv6.isValid(text))
  ) {
    return undefined;
  }
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

/** The range of a CIDR, host bits cleared; undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const [base, prefixText, ...rest] = text.split('/');
  const address = addressNumber(base ?? '');
  if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefixText ?? '')) {
    return undefined;
  }
  const bits = address.version === 4 ? 32 : 128;
  const prefix = Number(prefixText);
  if (prefix > bits) return undefined;
  const size = 1n << BigInt(bits - prefix);
  const first = (address.value / size) * size;
  return { version: address.version, prefix, first, last: first + size - 1n };
}

/** `192.168.0.0/24` for `192.168.0.7/24`. */
export function cidrText(cidr: Cidr): string {
  return `${addressText(cidr.version, cidr.first)}/${cidr.prefix}`;
}

/** Whether two ranges share an address. */
export function overlap(a: Cidr, b: Cidr): boolean {
  return a.version === b.version && a.first <= b.last && b.first <= a.last;
}

/** The pools Neutron makes for a subnet: every host address but the gateway's. */
export function defaultPools(cidr: Cidr, gateway: string | null): { start: string; end: string }[] {
  const text = (value: bigint): string => addressText(cidr.version, value);
  const isSmall = cidr.last - cidr.first < 3n;
  const first = isSmall && cidr.version === 4 ? cidr.first : cidr.first + 1n;
  const last = cidr.version === 4 && !isSmall ? cidr.last - 1n : cidr.last;
  const without = gateway === null ? undefined : addressNumber(gateway)?.value;
  if (without === undefined || without < first || without > last) {
    return [{ start: text(first), end: text(last) }];
  }
  const pools = [];
  if (without > first) pools.push({ start: text(first), end: text(without - 1n) });
  if (without < last) pools.push({ start: text(without + 1n), end: text(last) });
  return pools;
}
