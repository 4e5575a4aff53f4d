import { asObject } from '../json-body.js';
import { pythonStr } from '../python-text.js';
import { ipAddress, macAddress, subnet } from './checks.js';
import { badRequest, neutronFault } from './faults.js';

/** Neutron's `max_allowed_address_pair`. */
const MAX_PAIRS = 10;

/** What is wrong with allowed address pairs, if anything; most of it is thrown, as Neutron does. */
export function addressPairs(value: unknown): string | undefined {
  if (!Array.isArray(value)) throw badRequest('Allowed address pairs must be a list.');
  if (value.length > MAX_PAIRS) {
    throw neutronFault(
      400,
      'AllowedAddressPairExhausted',
      `The number of allowed address pair exceeds the maximum ${MAX_PAIRS}.`,
    );
  }
  const seen = new Set<string>();
  for (const item of value) {
    const pair = asObject(item);
    if (pair === undefined) return `'${pythonStr(item)}' is not a dictionary`;
    checkPair(pair, seen);
  }
  return undefined;
}

function checkPair(pair: Record<string, unknown>, seen: Set<string>): void {
  const { mac_address: mac, ip_address: ip, ...others } = pair;
  refuse(mac === undefined ? undefined : macAddress(mac));
  if (ip === undefined) {
    throw neutronFault(
      400,
      'AllowedAddressPairsMissingIP',
      'AllowedAddressPair must contain ip_address',
    );
  }
  const key = `${pythonStr(mac)} ${pythonStr(ip)}`;
  if (seen.has(key)) {
    throw neutronFault(
      400,
      'DuplicateAddressPairInRequest',
      'Request contains duplicate address pair: ' +
        `mac_address ${pythonStr(mac)} ip_address ${pythonStr(ip)}.`,
    );
  }
  seen.add(key);
  if (Object.keys(others).length > 0) {
    throw badRequest(`Unrecognized attribute(s) '${Object.keys(others).join(', ')}'`);
  }
  refuse(pythonStr(ip).includes('/') ? subnet(ip) : ipAddress(ip));
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw badRequest(problem);
}
