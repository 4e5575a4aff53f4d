import type { Cloud } from '../cloud.js';
import type { NetworkRecord, PortRecord } from '../records.js';
import { neutronFault, securityGroupNotFound } from './faults.js';

type Protection = Pick<PortRecord, 'portSecurity' | 'securityGroups' | 'allowedAddressPairs'>;

/** What guards a port, as it may be asked for. */
export interface ProtectionWish {
  port_security_enabled?: boolean;
  security_groups?: string[];
  allowed_address_pairs?: { ip_address: string; mac_address?: string }[];
}

/**
 * What guards a new port: security groups (the default one when none is named), allowed pairs.
 * @throws 404 for an unknown group, 400 or 409 for groups or pairs without port security
 */
export function newProtection(
  cloud: Cloud,
  network: NetworkRecord,
  port: PortRecord,
  wish: ProtectionWish,
): Protection {
  // Ports of the network's own devices (DHCP, routers) are trusted.
  const isTrusted = port.deviceOwner.startsWith('network:');
  const portSecurity = wish.port_security_enabled ?? (network.portSecurity && !isTrusted);
  const pairs = pairsOf(wish, port);
  const groups = wish.security_groups;
  if (!portSecurity) {
    if (pairs.length > 0) throw pairsNeedSecurity();
    if (groups !== undefined && groups.length > 0) throw groupsNeedSecurity();
  }
  const initial = portSecurity && !isTrusted ? defaultGroups(cloud) : [];
  return {
    portSecurity,
    securityGroups: isTrusted ? [] : knownGroups(cloud, groups ?? initial),
    allowedAddressPairs: pairs,
  };
}

/** What guards a port after a change. */
export function checkedProtection(
  cloud: Cloud,
  port: PortRecord,
  changes: ProtectionWish,
): Protection {
  const portSecurity = changes.port_security_enabled ?? port.portSecurity;
  const groups = changes.security_groups;
  const pairs =
    changes.allowed_address_pairs === undefined ? port.allowedAddressPairs : pairsOf(changes, port);
  if (!portSecurity) {
    if (pairs.length > 0) throw pairsNeedSecurity();
    if (groups !== undefined && groups.length > 0) throw groupsNeedSecurity();
    if (groups === undefined && port.securityGroups.length > 0) {
      throw neutronFault(
        409,
        'PortSecurityPortHasSecurityGroup',
        'Port has security group associated. Cannot disable port security or IP address ' +
          'until security group is removed.',
      );
    }
  }
  return {
    portSecurity,
    securityGroups: groups === undefined ? port.securityGroups : knownGroups(cloud, groups),
    allowedAddressPairs: pairs,
  };
}

/** The project's default security group, where the cloud has them. */
export function defaultGroups({ state }: Pick<Cloud, 'state'>): string[] {
  return state.securityGroups
    .all()
    .filter(({ name }) => name === 'default')
    .map(({ id }) => id);
}

function knownGroups({ state }: Cloud, ids: string[]): string[] {
  const missing = ids.filter((id) => !state.securityGroups.has(id));
  if (missing.length > 0) throw securityGroupNotFound(missing.join(', '));
  return ids;
}

/** A pair without a MAC address is for the port's own. */
function pairsOf(wish: ProtectionWish, port: PortRecord): Protection['allowedAddressPairs'] {
  return (wish.allowed_address_pairs ?? []).map(({ ip_address, mac_address }) => ({
    mac_address: mac_address ?? port.macAddress,
    ip_address,
  }));
}

function pairsNeedSecurity(): ReturnType<typeof neutronFault> {
  return neutronFault(
    409,
    'AddressPairAndPortSecurityRequired',
    'Port Security must be enabled in order to have allowed address pairs on a port.',
  );
}

function groupsNeedSecurity(): ReturnType<typeof neutronFault> {
  return neutronFault(
    400,
    'PortSecurityAndIPRequiredForSecurityGroups',
    'Port security must be enabled and port must have an IP address in order to use ' +
      'security groups.',
  );
}
