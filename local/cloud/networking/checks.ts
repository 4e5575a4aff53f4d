import { asObject } from '../json-body.js';
import { isUuidLike } from '../ids.js';
import { pythonStr } from '../python-text.js';
import { addressNumber, addressText, cidrText, interfaceText, parseCidr } from './cidr.js';
import { keySet } from './values.js';

// Neutron's validators (neutron_lib.api.validators): each says what is wrong, or nothing.

/** A string of at most `max` characters. */
export function string(max: number): (value: unknown) => string | undefined {
  return (value) => {
    if (typeof value !== 'string') return `'${pythonStr(value)}' is not a valid string`;
    if (Array.from(value).length <= max) return undefined;
    return `'${value}' exceeds maximum length of ${max}`;
  };
}

/** One of some values. */
export function oneOf(...values: unknown[]): (value: unknown) => string | undefined {
  return (value) =>
    values.includes(value) ? undefined : `${pythonStr(value)} is not in valid_values`;
}

/** Whatever the check takes, or null. */
export function orNull(
  check: (value: unknown) => string | undefined,
): (value: unknown) => string | undefined {
  return (value) => (value === null ? undefined : check(value));
}

export function uuid(value: unknown): string | undefined {
  return typeof value === 'string' && isUuidLike(value)
    ? undefined
    : `'${pythonStr(value)}' is not a valid UUID`;
}

export function notNegative(value: unknown): string | undefined {
  return Number(value) >= 0 ? undefined : `'${pythonStr(value)}' should be non-negative`;
}

export function ipAddress(value: unknown): string | undefined {
  const invalid = `'${pythonStr(value)}' is not a valid IP address`;
  if (typeof value !== 'string' || /\s/.test(value)) return invalid;
  if (addressNumber(value) !== undefined) return undefined;
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(value)) return invalid;
  const plain = value.split('.').map(Number).join('.');
  if (addressNumber(plain) === undefined) return invalid;
  return `'${value}' is not an accepted IP address, '${plain}' is recommended`;
}

/** A CIDR; of IPv4, written in full. */
export function subnet(value: unknown): string | undefined {
  const cidr = typeof value === 'string' && !/\s/.test(value) ? parseCidr(value) : undefined;
  if (cidr === undefined) return `'${pythonStr(value)}' is not a valid IP subnet`;
  const text = value as string;
  if (text.includes('/') && (cidr.version === 6 || interfaceText(cidr) === text)) return undefined;
  return `'${text}' isn't a recognized IP subnet cidr, '${cidrText(cidr)}' is recommended`;
}

export function macAddress(value: unknown): string | undefined {
  const valid =
    typeof value === 'string' &&
    /^([0-9a-f]{1,2}([:-])([0-9a-f]{1,2}\2){4}[0-9a-f]{1,2}|([0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12})$/i.test(
      value,
    ) &&
    /[^0:.-]/.test(value);
  return valid ? undefined : `'${pythonStr(value)}' is not a valid MAC address`;
}

export function uuidList(value: unknown): string | undefined {
  return listOf(uuid)(value);
}

/** A list without repetitions whose every item passes. */
export function listOf(
  check: (value: unknown) => string | undefined,
): (value: unknown) => string | undefined {
  return (value) => {
    if (!Array.isArray(value)) return `'${pythonStr(value)}' is not a list`;
    const texts = value.map(pythonStr);
    const repeated = [...new Set(texts.filter((text, i) => texts.indexOf(text) !== i))];
    if (repeated.length > 0) return `Duplicate items in the list: '${repeated.join(', ')}'`;
    return firstProblem(value, check);
  };
}

export function allocationPools(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `Invalid data format for IP pool: '${pythonStr(value)}'`;
  return firstProblem(value, (pool) => {
    const problem = keys(pool, ['start', 'end']);
    const { start, end } = (pool ?? {}) as Record<string, unknown>;
    return problem ?? ipAddress(start) ?? ipAddress(end);
  });
}

export function fixedIps(value: unknown): string | undefined {
  const invalid = (data: unknown) => `Invalid data format for fixed IP: '${pythonStr(data)}'`;
  if (!Array.isArray(value)) return invalid(value);
  const seen = new Set<unknown>();
  return firstProblem(value, (item) => {
    const fixed = asObject(item);
    if (fixed === undefined) return invalid(item);
    const address = fixed.ip_address;
    if (address !== undefined) {
      if (seen.has(address)) return `Duplicate IP address '${pythonStr(address)}'`;
      seen.add(address);
      const problem = ipAddress(address);
      if (problem !== undefined) return problem;
    }
    return fixed.subnet_id === undefined ? undefined : uuid(fixed.subnet_id);
  });
}

export function nameservers(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `Invalid data format for nameserver: '${pythonStr(value)}'`;
  return firstProblem(value, (host, index) => {
    const problem = ipAddress(host);
    if (problem !== undefined) {
      return `'${pythonStr(host)}' is not a valid nameserver. ${problem}`;
    }
    return value.indexOf(host) < index ? `Duplicate nameserver '${pythonStr(host)}'` : undefined;
  });
}

export function hostRoutes(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `Invalid data format for hostroute: '${pythonStr(value)}'`;
  const texts = value.map(pythonStr);
  return firstProblem(value, (route, index) => {
    const problem = keys(route, ['destination', 'nexthop']);
    if (problem !== undefined) return problem;
    const { destination, nexthop } = route as Record<string, unknown>;
    return (
      routeCidr(destination) ??
      ipAddress(nexthop) ??
      (texts.indexOf(texts[index] ?? '') < index
        ? `Duplicate hostroute '${pythonStr(route)}'`
        : undefined)
    );
  });
}

function routeCidr(value: unknown): string | undefined {
  const cidr = typeof value === 'string' && !/\s/.test(value) ? parseCidr(value) : undefined;
  if (cidr === undefined) return `'${pythonStr(value)}' is not a valid CIDR`;
  const text = value as string;
  if (!text.includes('/') || cidr.value !== cidr.first) {
    return `'${text}' is not a recognized CIDR, '${cidrText(cidr)}' is recommended`;
  }
  const isLoopback = addressText(cidr.version, cidr.first).startsWith('127.');
  return isLoopback ? `'${text}' is not a routable CIDR` : undefined;
}

function keys(value: unknown, expected: string[]): string | undefined {
  const object = asObject(value);
  if (object === undefined) {
    const list = `[${expected.map((key) => `'${key}'`).join(', ')}]`;
    return `Invalid input. '${pythonStr(value)}' must be a dictionary with keys: ${list}`;
  }
  const provided = Object.keys(object);
  if (provided.length === expected.length && expected.every((key) => key in object)) {
    return undefined;
  }
  return (
    "Validation of dictionary's keys failed. " +
    `Expected keys: ${keySet(expected)} Provided keys: ${keySet(provided)}`
  );
}

function firstProblem(
  values: unknown[],
  check: (value: unknown, index: number) => string | undefined,
): string | undefined {
  for (const [index, value] of values.entries()) {
    const problem = check(value, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
