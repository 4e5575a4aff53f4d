import {
  contains,
  hostCapacity,
  isPrivate,
  overlaps,
  parseAddress,
  parseCidr,
  podCapacity,
} from './addressing.js';
import type { Problem } from './errors.js';
import { serverName } from './names.js';
import type { Field, Settings } from './settings.js';

/** Longest host name that DNS takes. */
const longestLabel = 63;

/**
 * What is wrong between settings that are each right by themselves. Settings that are missing here were
 * wrong already; what depends on them is not judged.
 */
export function problemsBetween(given: Partial<Settings>): Problem[] {
  return [
    ...nameProblems(given),
    ...rangeProblems(given),
    ...countProblems(given),
    ...dnsProblems(given),
  ];
}

function nameProblems({ name, minions }: Partial<Settings>): Problem[] {
  if (name === undefined) return [];
  const longest = serverName(name, 'minion', minions ?? 1);
  if (longest.length <= longestLabel) return [];
  const room = longestLabel - (longest.length - name.length);
  return [
    {
      field: 'name',
      value: name,
      message: `must have at most ${room} characters, because ${longest} is longer than the ${longestLabel} a host name may have`,
    },
  ];
}

const ranges = [
  ['network.cidr', 'cloud network'],
  ['podNetwork', 'pod network'],
  ['portalNet', 'portal net'],
] as const satisfies readonly (readonly [Field, string])[];

function rangeProblems(given: Partial<Settings>): Problem[] {
  const problems: Problem[] = [];
  const apart = ranges.flatMap(([field, title]) => {
    const value = given[field];
    const range = value === undefined ? undefined : parseCidr(value);
    return value !== undefined && range ? [{ field, title, value, range }] : [];
  });
  for (const { field, value, range } of apart) {
    if (!isPrivate(range)) {
      problems.push({
        field,
        value,
        message:
          'must be private: inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10',
      });
    }
  }
  apart.forEach(({ field, value, range }, at) => {
    for (const other of apart.slice(0, at)) {
      if (overlaps(range, other.range)) {
        problems.push({
          field,
          value,
          message: `overlaps the ${other.title} ${other.value} (${other.field}); the two must have no address in common`,
        });
      }
    }
  });
  return problems;
}

function countProblems(given: Partial<Settings>): Problem[] {
  const { minions, podNetwork, minReadyMinions } = given;
  const cloudNetwork = given['network.cidr'];
  const problems: Problem[] = [];
  if (podNetwork !== undefined) {
    const room = podCapacity(podNetwork);
    const count = minions ?? 0;
    if (parseCidr(podNetwork)!.prefix > 24 || count > room) {
      problems.push({
        field: 'podNetwork',
        value: podNetwork,
        message: `is too small: the master and ${count} minions need ${count + 1} ranges of /24 each, so a /${prefixFor((count + 1) * 256)} or larger`,
      });
    }
  }
  if (cloudNetwork !== undefined) {
    const room = hostCapacity(cloudNetwork);
    const count = (minions ?? 0) + 1;
    if (count > room) {
      problems.push({
        field: 'network.cidr',
        value: cloudNetwork,
        message: `is too small: it holds ${room} machines, and ${count} are asked for; a /${prefixFor(count + 5)} or larger is needed`,
      });
    }
  }
  if (minions !== undefined && minReadyMinions !== undefined && minReadyMinions > minions) {
    problems.push({
      field: 'minReadyMinions',
      value: minReadyMinions,
      message: `must be at most the number of minions, ${minions}`,
    });
  }
  return problems;
}

function dnsProblems(given: Partial<Settings>): Problem[] {
  const { portalNet } = given;
  const serverIp = given['dns.serverIp'];
  if (portalNet === undefined || serverIp === undefined) return [];
  const range = parseCidr(portalNet);
  const address = parseAddress(serverIp);
  if (!range || address === undefined) return [];
  // The first address of the portal net is the API's own service; the last would be its broadcast.
  const usable = { ...range, first: range.first + 2, last: range.last - 1 };
  if (contains(usable, address)) return [];
  return [
    {
      field: 'dns.serverIp',
      value: serverIp,
      message: contains(range, address)
        ? `must not be the first two or the last address of the portal net ${portalNet}: the API's own service and the network take those`
        : `must lie inside the portal net ${portalNet}`,
    },
  ];
}

/** The longest prefix whose range still has that many addresses. */
function prefixFor(addresses: number): number {
  return 32 - Math.ceil(Math.log2(addresses));
}
