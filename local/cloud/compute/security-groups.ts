import type { FastifyInstance } from 'fastify';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { portsOfDevice } from '../networking/port-store.js';
import { param } from '../query.js';
import type { SecurityGroupRecord, SecurityGroupRule } from '../records.js';
import { novaFault } from './faults.js';
import { findServer } from './server-store.js';

type Document = Record<string, unknown>;

/** Compute's own view of the security groups of a server: those of its ports. */
export function securityGroupRoutes(app: FastifyInstance, cloud: Cloud): void {
  app.get('/compute/v2.1/servers/:server/os-security-groups', (request) => {
    const { id } = findServer(cloud.state, param(request, 'server'));
    const ids = new Set(portsOfDevice(cloud.state, id).flatMap((port) => port.securityGroups));
    const groups = cloud.state.securityGroups.all().filter((group) => ids.has(group.id));
    return {
      security_groups: groups
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((group) => groupDocument(cloud, group)),
    };
  });
}

/**
 * The ids of the security groups a create names, by name or id; `default` when it names none.
 * @throws 400 for one that is not there, 409 for a name that two have
 */
export function securityGroupIds(cloud: Cloud, wanted: { name?: string }[] | undefined): string[] {
  if (cloud.profile.name === 'rackspace') return [];
  const names = (wanted ?? []).map(({ name }) => name?.trim()).filter((name) => name !== undefined);
  return [...new Set(names.length === 0 ? ['default'] : names)].map((name) => {
    const group = findGroup(cloud, name);
    if (group === undefined) {
      throw novaFault(400, `Unable to find security_group with name or id '${name}'`);
    }
    return group.id;
  });
}

/** The security group of this id, or else this name; throws 409 for a name that two have. */
export function findGroup({ state }: Cloud, name: string): SecurityGroupRecord | undefined {
  const groups = state.securityGroups.all();
  const found = groups.filter((group) => group.id === name);
  if (found.length === 0) found.push(...groups.filter((group) => group.name === name));
  if (found.length > 1) {
    throw novaFault(
      409,
      `Multiple security_group matches found for name '${name}', use an ID to be more specific.`,
    );
  }
  return found[0];
}

/** Of the rules only those about what comes in: Compute never knew others. */
function groupDocument(cloud: Cloud, group: SecurityGroupRecord): Document {
  return {
    id: group.id,
    description: group.description,
    name: group.name,
    tenant_id: account(cloud.state).projectId,
    rules: group.rules
      .filter(({ direction }) => direction === 'ingress')
      .map((rule) => ruleDocument(cloud, rule, group.id)),
  };
}

function ruleDocument(cloud: Cloud, rule: SecurityGroupRule, groupId: string): Document {
  const { protocol, port_range_min: min, port_range_max: max, remote_group_id: remote } = rule;
  const anyPort = protocol !== null && min === null && max === null;
  const hasPorts = ['tcp', 'udp'].includes(protocol?.toLowerCase() ?? '');
  const [from, to] = anyPort ? (hasPorts ? [1, 65535] : [-1, -1]) : [min, max];
  const source = remote === null ? undefined : cloud.state.securityGroups.get(remote);
  return {
    id: rule.id,
    parent_group_id: groupId,
    ip_protocol: protocol,
    from_port: from,
    to_port: to,
    group:
      source === undefined ? {} : { name: source.name, tenant_id: account(cloud.state).projectId },
    ip_range: remote === null ? { cidr: rule.remote_ip_prefix ?? '0.0.0.0/0' } : {},
  };
}
