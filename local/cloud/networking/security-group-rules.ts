import { randomUUID } from 'node:crypto';
import type { Cloud } from '../cloud.js';
import type { SecurityGroupRecord, SecurityGroupRule } from '../records.js';
import { isoSeconds } from '../time-format.js';
import { known, type AttributeMap, type Json } from './attributes.js';
import { oneOf, string } from './checks.js';
import { cidrText, parseCidr } from './cidr.js';
import type { Resource } from './collection.js';
import { extensionAliases } from './extensions.js';
import { neutronFault, securityGroupNotFound } from './faults.js';
import { toProtocol } from './protocols.js';
import { checkedRule, refuseRepetition, type RuleWish } from './security-group-rule-checks.js';
import { ownerId, ownership, revised, shown, standardAttributes } from './standard-attributes.js';
import { toEthertype, toPort, toPrefix } from './values.js';

const listable = { filter: true, sort: true };
const optional = { create: true, default: null, ...listable };
const {
  description,
  created_at: created,
  updated_at: updated,
  revision_number: revision,
} = standardAttributes;

const attributes: AttributeMap = {
  id: listable,
  security_group_id: { create: true, required: true, check: string(36), ...listable },
  remote_group_id: optional,
  direction: { create: true, required: true, check: oneOf('ingress', 'egress'), ...listable },
  protocol: { ...optional, convert: toProtocol },
  port_range_min: { ...optional, convert: toPort },
  port_range_max: { ...optional, convert: toPort },
  ethertype: { create: true, default: 'IPv4', convert: toEthertype, ...listable },
  remote_ip_prefix: { ...optional, convert: toPrefix },
  ...ownership,
  remote_address_group_id: { ...optional, extension: 'security-groups-remote-address-group' },
  normalized_cidr: { extension: 'security-groups-normalized-cidr' },
  // A rule is never changed.
  description: { ...description, update: false },
  created_at: created,
  updated_at: updated,
  revision_number: revision,
};

/** A rule with the group that holds it. */
interface GroupRule {
  id: string;
  rule: SecurityGroupRule;
  group: SecurityGroupRecord;
}

/** Rules of security groups. */
export function securityGroupRules(cloud: Cloud): Resource<GroupRule, RuleWish> {
  const { state } = cloud;
  const knownAttributes = known(attributes, extensionAliases(cloud.profile));
  const projectId = ownerId(cloud, true);
  const document = ({ rule, group }: GroupRule): Json =>
    shown(knownAttributes, ruleDocument(rule, group.id, projectId));
  const all = (): GroupRule[] =>
    state.securityGroups
      .all()
      .flatMap((group) => group.rules.map((rule) => ({ id: rule.id, rule, group })));
  return {
    name: 'security_group_rule',
    collection: 'security_group_rules',
    path: 'security-group-rules',
    attributes: knownAttributes,
    filters: {},
    documents: () => all().map(document),
    find: (id) => all().find((rule) => rule.id === id),
    document,
    notFound: (id) =>
      neutronFault(404, 'SecurityGroupRuleNotFound', `Security group rule ${id} does not exist`),
    isOwn: () => true,
    create: (wishes) => createRules(cloud, wishes),
    update: (record) => record,
    remove: ({ id, group }) => {
      const rules = group.rules.filter((rule) => rule.id !== id);
      state.securityGroups.put(group.id, revised({ ...group, rules }));
    },
  };
}

/** A rule that lets everything of an IP version pass. */
export function newRule(
  direction: SecurityGroupRule['direction'],
  ethertype: SecurityGroupRule['ethertype'],
): SecurityGroupRule {
  return {
    id: randomUUID(),
    direction,
    ethertype,
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_group_id: null,
    description: null,
    createdAt: Date.now(),
  };
}

/** A rule as the API shows it inside of its group. */
export function ruleInGroupDocument(
  rule: SecurityGroupRule,
  groupId: string,
  projectId: string,
): Json {
  return { ...ruleDocument(rule, groupId, projectId), tags: [] };
}

function ruleDocument(rule: SecurityGroupRule, groupId: string, projectId: string): Json {
  const { createdAt, ...own } = rule;
  const prefix = rule.remote_ip_prefix === null ? undefined : parseCidr(rule.remote_ip_prefix);
  return {
    ...own,
    tenant_id: projectId,
    project_id: projectId,
    security_group_id: groupId,
    remote_address_group_id: null,
    normalized_cidr: prefix === undefined ? null : cidrText(prefix),
    created_at: isoSeconds(createdAt),
    updated_at: isoSeconds(createdAt),
    revision_number: 0,
  };
}

function createRules(cloud: Cloud, wishes: RuleWish[]): GroupRule[] {
  if (new Set(wishes.map((wish) => wish.security_group_id)).size > 1) {
    throw neutronFault(
      400,
      'SecurityGroupNotSingleGroupRules',
      'Only allowed to update rules for one security profile at a time',
    );
  }
  const { securityGroups } = cloud.state;
  const checked = wishes.map((wish) => checkedRule(cloud, wish));
  const groupId = wishes[0]?.security_group_id ?? '';
  const group = securityGroups.get(groupId);
  if (group === undefined) throw securityGroupNotFound(groupId);
  const rules = checked.map((rule) => ({ ...newRule(rule.direction, rule.ethertype), ...rule }));
  refuseRepetition(group.rules, rules);
  const changed = revised({ ...group, rules: [...group.rules, ...rules] });
  securityGroups.put(groupId, changed);
  return rules.map((rule) => ({ id: rule.id, rule, group: changed }));
}
