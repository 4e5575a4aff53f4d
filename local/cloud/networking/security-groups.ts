import { randomUUID } from 'node:crypto';
import type { Cloud } from '../cloud.js';
import type { SecurityGroupRecord } from '../records.js';
import { known, type AttributeMap, type Json } from './attributes.js';
import { string } from './checks.js';
import type { Resource } from './collection.js';
import { extensionAliases } from './extensions.js';
import { neutronFault, securityGroupNotFound } from './faults.js';
import { requireRoom } from './quotas.js';
import { newRule, ruleInGroupDocument } from './security-group-rules.js';
import {
  ownerId,
  ownership,
  revised,
  shown,
  standardAttributes,
  standardDocument,
  standardFilters,
} from './standard-attributes.js';
import { toBoolean } from './values.js';

/** A security group as it may be asked for. */
interface SecurityGroupWish {
  name: string;
  description?: string;
  stateful?: boolean;
}

const attributes: AttributeMap = {
  id: { filter: true, sort: true },
  name: { create: true, update: true, default: '', check: notDefault, filter: true, sort: true },
  ...ownership,
  security_group_rules: {},
  stateful: {
    create: true,
    update: true,
    default: true,
    convert: toBoolean,
    extension: 'stateful-security-group',
  },
  shared: { convert: toBoolean, filter: true, extension: 'security-groups-shared-filtering' },
  ...standardAttributes,
};

/** Security groups. */
export function securityGroups(cloud: Cloud): Resource<SecurityGroupRecord, SecurityGroupWish> {
  const { state } = cloud;
  const knownAttributes = known(attributes, extensionAliases(cloud.profile));
  const projectId = ownerId(cloud, true);
  const document = (record: SecurityGroupRecord): Json =>
    shown(knownAttributes, {
      ...standardDocument(record, projectId),
      stateful: record.stateful ?? true,
      shared: false,
      security_group_rules: [...record.rules]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((rule) => ruleInGroupDocument(rule, record.id, projectId)),
    });
  const put = (record: SecurityGroupRecord): SecurityGroupRecord => {
    state.securityGroups.put(record.id, record);
    return record;
  };
  return {
    name: 'security_group',
    collection: 'security_groups',
    path: 'security-groups',
    attributes: knownAttributes,
    filters: standardFilters,
    documents: () => state.securityGroups.all().map(document),
    find: (id) => state.securityGroups.get(id),
    document,
    notFound: securityGroupNotFound,
    isOwn: () => true,
    create: (wishes) =>
      wishes.map((wish) => {
        const rules = [newRule('egress', 'IPv4'), newRule('egress', 'IPv6')];
        requireRoom(cloud, 'security_group_rule', rules.length);
        return put(newGroup(wish, rules));
      }),
    update: (record, changes) => {
      const { name, description, stateful } = changes;
      if (record.name === 'default' && name !== undefined) throw defaultKeepsName();
      if (stateful !== undefined && stateful !== (record.stateful ?? true)) {
        refuseInUse(cloud, record.id);
      }
      return put({
        ...(Object.keys(changes).length === 0 ? record : revised(record)),
        name: name ?? record.name,
        description: description ?? record.description,
        stateful: stateful ?? record.stateful,
      });
    },
    remove: ({ id, name }) => {
      refuseInUse(cloud, id);
      if (name === 'default') throw defaultStays();
      state.securityGroups.remove(id);
      removeRulesAbout(cloud, id);
    },
  };
}

function newGroup(
  { name, description, stateful }: SecurityGroupWish,
  rules: SecurityGroupRecord['rules'],
): SecurityGroupRecord {
  const now = Date.now();
  return {
    id: randomUUID(),
    name,
    description: description ?? '',
    tags: [],
    createdAt: now,
    updatedAt: now,
    revision: 1,
    stateful,
    rules,
  };
}

/** Rules that let a group's members in go with the group. */
function removeRulesAbout({ state }: Cloud, groupId: string): void {
  for (const group of state.securityGroups.all()) {
    const rules = group.rules.filter((rule) => rule.remote_group_id !== groupId);
    if (rules.length < group.rules.length) {
      state.securityGroups.put(group.id, revised({ ...group, rules }));
    }
  }
}

function notDefault(value: unknown): string | undefined {
  const problem = string(255)(value);
  if (problem === undefined && (value as string).toLowerCase() === 'default') {
    throw neutronFault(
      409,
      'SecurityGroupDefaultAlreadyExists',
      'Default security group already exists.',
    );
  }
  return problem;
}

function refuseInUse({ state }: Cloud, id: string): void {
  if (!state.ports.all().some((port) => port.securityGroups.includes(id))) return;
  throw neutronFault(409, 'SecurityGroupInUse', `Security Group ${id} in use.`);
}

function defaultKeepsName(): ReturnType<typeof neutronFault> {
  return neutronFault(
    409,
    'SecurityGroupCannotUpdateDefault',
    'Updating default security group not allowed.',
  );
}

function defaultStays(): ReturnType<typeof neutronFault> {
  return neutronFault(
    409,
    'SecurityGroupCannotRemoveDefault',
    'Insufficient rights for removing default security group.',
  );
}
