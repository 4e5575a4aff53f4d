import type { Cloud } from '../cloud.js';
import type { SecurityGroupRule } from '../records.js';
import { parseCidr } from './cidr.js';
import { neutronFault, securityGroupNotFound } from './faults.js';
import {
  canonicalProtocol,
  hasPorts,
  isIcmp,
  isIpv6Only,
  protocolNumber,
  protocolsWithPorts,
} from './protocols.js';

/** A rule as it may be asked for. */
export interface RuleWish {
  security_group_id: string;
  direction: 'ingress' | 'egress';
  ethertype: 'IPv4' | 'IPv6';
  protocol: string | null;
  port_range_min: number | null;
  port_range_max: number | null;
  remote_ip_prefix: string | null;
  remote_group_id: string | null;
  remote_address_group_id?: string | null;
  description?: string;
}

type CheckedRule = Omit<SecurityGroupRule, 'id' | 'createdAt'>;

/**
 * A rule as it is kept.
 * @throws 400 for what does not fit together, 404 for an unknown group
 */
export function checkedRule(cloud: Cloud, wish: RuleWish): CheckedRule {
  const { direction, ethertype, remote_ip_prefix, remote_group_id } = wish;
  const protocol = canonicalProtocol(wish.protocol, ethertype);
  const [port_range_min, port_range_max] = isWholeRange(wish)
    ? [null, null]
    : [wish.port_range_min, wish.port_range_max];
  checkPorts(protocol, port_range_min, port_range_max);
  checkPrefix(ethertype, remote_ip_prefix);
  if (ethertype === 'IPv4' && isIpv6Only(protocol)) {
    throw refused(
      'SecurityGroupEthertypeConflictWithProtocol',
      `Invalid ethertype ${ethertype} for protocol ${String(protocol)}.`,
    );
  }
  checkRemote(cloud, wish);
  if (!cloud.state.securityGroups.has(wish.security_group_id)) {
    throw securityGroupNotFound(wish.security_group_id);
  }
  return {
    direction,
    ethertype,
    protocol,
    port_range_min,
    port_range_max,
    remote_ip_prefix,
    remote_group_id,
    description: wish.description ?? '',
  };
}

/** @throws 409 when a rule is asked for twice, or is there already */
export function refuseRepetition(present: SecurityGroupRule[], added: SecurityGroupRule[]): void {
  const keys = added.map(keyOf);
  if (new Set(keys).size < keys.length) {
    throw neutronFault(
      409,
      'DuplicateSecurityGroupRuleInPost',
      'Duplicate Security Group Rule in POST.',
    );
  }
  const existing = present.find((rule) => keys.includes(keyOf(rule)));
  if (existing === undefined) return;
  throw neutronFault(
    409,
    'SecurityGroupRuleExists',
    `Security group rule already exists. Rule id is ${existing.id}.`,
  );
}

/** Two rules with the same key let the same through. */
function keyOf(rule: SecurityGroupRule): string {
  const prefix = rule.remote_ip_prefix;
  return JSON.stringify([
    rule.direction,
    rule.ethertype,
    rule.protocol === null ? null : protocolNumber(rule.protocol),
    rule.port_range_min,
    rule.port_range_max,
    rule.remote_group_id,
    prefix === '0.0.0.0/0' || prefix === '::/0' ? null : prefix,
  ]);
}

function isWholeRange({ port_range_min: min, port_range_max: max }: RuleWish): boolean {
  return min === 1 && max === 65535;
}

function checkPorts(protocol: string | null, min: number | null, max: number | null): void {
  if (min === null && max === null) return;
  if (protocol === null) {
    throw refused(
      'SecurityGroupProtocolRequiredWithPorts',
      'Must also specify protocol if port range is given.',
    );
  }
  if (hasPorts(protocol)) checkPortRange(min, max);
  else if (isIcmp(protocol)) checkIcmp(min, max);
  else {
    throw refused(
      'SecurityGroupInvalidProtocolForPort',
      `Ports cannot be specified for protocol ${protocolNumber(protocol)}. ` +
        `Ports are only supported for ${protocolsWithPorts()}.`,
    );
  }
}

function checkPortRange(min: number | null, max: number | null): void {
  if (min === 0 || max === 0) {
    throw refused('SecurityGroupInvalidPortValue', 'Invalid value for port 0');
  }
  if (min === null || max === null || min > max) {
    throw refused(
      'SecurityGroupInvalidPortRange',
      'For TCP/UDP protocols, port_range_min must be <= port_range_max',
    );
  }
}

/** Of ICMP, the "ports" are the type and the code. */
function checkIcmp(type: number | null, code: number | null): void {
  for (const [field, attribute, value] of [
    ['type', 'port_range_min', type],
    ['code', 'port_range_max', code],
  ] as const) {
    if (value !== null && value > 255) {
      throw refused(
        'SecurityGroupInvalidIcmpValue',
        `Invalid value for ICMP ${field} (${attribute}) ${value}. It must be 0 to 255.`,
      );
    }
  }
  if (type === null && code !== null) {
    throw refused(
      'SecurityGroupMissingIcmpType',
      `ICMP code (port-range-max) ${code} is provided ` +
        'but ICMP type (port-range-min) is missing.',
    );
  }
}

function checkPrefix(ethertype: 'IPv4' | 'IPv6', prefix: string | null): void {
  if (prefix === null || ethertype === `IPv${parseCidr(prefix)?.version ?? 0}`) return;
  throw refused(
    'SecurityGroupRuleParameterConflict',
    `Conflicting value ethertype ${ethertype} for CIDR ${prefix}`,
  );
}

function checkRemote({ state }: Cloud, wish: RuleWish): void {
  const { remote_group_id: group, remote_address_group_id: addressGroup } = wish;
  const remotes = [wish.remote_ip_prefix, group, addressGroup].filter(Boolean);
  if (remotes.length > 1) {
    throw refused(
      'SecurityGroupMultipleRemoteEntites',
      'Only one of remote_ip_prefix or remote_group_id or remote_address_group_id ' +
        'may be provided.',
    );
  }
  if (group !== null && !state.securityGroups.has(group)) throw securityGroupNotFound(group);
  if (addressGroup) {
    throw neutronFault(
      404,
      'AddressGroupNotFound',
      `Address group ${addressGroup} could not be found.`,
    );
  }
}

function refused(type: string, message: string): ReturnType<typeof neutronFault> {
  return neutronFault(400, type, message);
}
