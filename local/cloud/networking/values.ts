import { pythonRepr, pythonStr } from '../python-text.js';
import { addressNumber, addressText, interfaceText, parseCidr } from './cidr.js';
import { invalidInput, neutronFault } from './faults.js';

const TRUE = ['true', 't', 'on', 'yes', 'y', '1'];
const FALSE = ['false', 'f', 'off', 'no', 'n', '0'];

/** Neutron's `convert_to_boolean`. */
export function toBoolean(value: unknown): boolean {
  const text = pythonStr(value).trim().toLowerCase();
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  throw invalidInput(`'${pythonStr(value)}' cannot be converted to boolean`);
}

/** Neutron's `convert_to_int`. */
export function toInteger(value: unknown): number {
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return Number(value);
  throw invalidInput(`'${pythonStr(value)}' is not an integer`);
}

/** None is an empty list. */
export function toList(value: unknown): unknown {
  return value ?? [];
}

/** IPv6 addresses in their short form; anything else as it is. */
export function toCanonicalAddress(value: unknown): unknown {
  const address = typeof value === 'string' ? addressNumber(value) : undefined;
  return address?.version === 6 ? addressText(6, address.value) : value;
}

/** A CIDR written out in full, host bits and all. */
export function toCanonicalCidr(value: unknown): unknown {
  const cidr = typeof value === 'string' ? parseCidr(value) : undefined;
  if (cidr === undefined) throw invalidInput(`${pythonStr(value)} is not in a CIDR format`);
  return interfaceText(cidr);
}

/** `key=value` filters by key. */
export function toPairs(values: string[]): Map<string, string[]> {
  const pairs = new Map<string, string[]>();
  for (const text of values) {
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(0, equals)).trim();
    if (key === '') throw invalidInput(`'${text}' is not of the form <key>=[value]`);
    pairs.set(key, [...(pairs.get(key) ?? []), text.slice(equals + 1).trim()]);
  }
  return pairs;
}

/** A Python dictionary's keys as the error texts print them. */
export function keySet(keys: string[]): string {
  return `{${keys.map(pythonRepr).join(', ')}}`;
}

/** A port number, or null. */
export function toPort(value: unknown): number | null {
  if (value === null) return null;
  const number = typeof value === 'number' ? value : Number.parseInt(pythonStr(value), 10);
  if (Number.isInteger(number) && number >= 0 && number <= 65535) return number;
  throw neutronFault(
    400,
    'SecurityGroupInvalidPortValue',
    `Invalid value for port ${pythonStr(value)}`,
  );
}

/** `IPv4` or `IPv6`, whatever the case. */
export function toEthertype(value: unknown): 'IPv4' | 'IPv6' {
  const text = pythonStr(value);
  if (/^ipv4$/i.test(text)) return 'IPv4';
  if (/^ipv6$/i.test(text)) return 'IPv6';
  throw neutronFault(
    400,
    'SecurityGroupRuleInvalidEtherType',
    `Security group rule for ethertype '${text}' not supported. ` +
      "Allowed values are ['IPv4', 'IPv6'].",
  );
}

/** A CIDR, also of a single address, or null. */
export function toPrefix(value: unknown): string | null {
  if (value === null || value === '') return null;
  const cidr = typeof value === 'string' ? parseCidr(value) : undefined;
  if (cidr !== undefined) return interfaceText(cidr);
  throw neutronFault(400, 'InvalidCIDR', `Invalid CIDR ${pythonStr(value)} given as IP prefix.`);
}
