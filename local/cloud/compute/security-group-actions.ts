import { randomUUID } from 'node:crypto';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { asObject } from '../json-body.js';
import { portsOfDevice } from '../networking/port-store.js';
import { revised } from '../networking/standard-attributes.js';
import type { PortRecord, ServerRecord } from '../records.js';
import type { Action } from './action.js';
import { novaFault, unexpected } from './faults.js';
import { findGroup } from './security-groups.js';

/** Security groups that all ports of a server get or lose; they ask nothing of its state. */
export const securityGroupActions: Record<string, Action> = {
  addSecurityGroup(cloud, _request, server, body) {
    const { id } = named(cloud, body.addSecurityGroup);
    const ports = portsOf(cloud, server);
    if (ports.some(({ portSecurity, fixedIps }) => !portSecurity || fixedIps.length === 0)) {
      throw novaFault(
        400,
        'Network requires port_security_enabled and subnet associated in order to apply ' +
          'security groups.',
      );
    }
    if (ports.some(({ securityGroups }) => securityGroups.includes(id))) {
      throw novaFault(
        400,
        `Invalid input for security_groups. Reason: Duplicate items in the list: '${id}'.\n` +
          `Neutron server returns request_ids: ['req-${randomUUID()}']`,
      );
    }
    regroup(cloud, ports, (groups) => [...groups, id]);
    return undefined;
  },

  removeSecurityGroup(cloud, _request, server, body) {
    const { id, asked } = named(cloud, body.removeSecurityGroup);
    const ports = portsOf(cloud, server).filter((port) => port.securityGroups.includes(id));
    if (ports.length === 0) {
      throw notFound(`Security group ${asked} not associated with the instance ${server.id}`);
    }
    regroup(cloud, ports, (groups) => groups.filter((other) => other !== id));
    return undefined;
  },
};

function named(cloud: Cloud, input: unknown): { id: string; asked: string } {
  const wish = asObject(input);
  if (wish === undefined) throw novaFault(400, 'Missing parameter dict');
  if (!('name' in wish)) throw novaFault(400, 'Security group not specified');
  const { name } = wish;
  if (!name) throw novaFault(400, 'Security group name cannot be empty');
  if (typeof name !== 'string') throw unexpected('AttributeError');
  if (name.trim() === '') throw novaFault(400, 'Security group name cannot be empty');
  const group = findGroup(cloud, name);
  if (group === undefined) {
    const { projectId } = account(cloud.state);
    throw notFound(`Security group ${name} is not found for project ${projectId}`);
  }
  return { id: group.id, asked: name };
}

function portsOf({ state }: Cloud, { id }: ServerRecord): PortRecord[] {
  const ports = portsOfDevice(state, id);
  if (ports.length === 0) {
    throw notFound(`instance_id ${id} could not be found as device id on any ports`);
  }
  return ports;
}

function notFound(message: string): ReturnType<typeof novaFault> {
  return novaFault(404, message);
}

function regroup(
  { state }: Cloud,
  ports: PortRecord[],
  change: (groups: string[]) => string[],
): void {
  state.transaction(() => {
    for (const port of ports) {
      state.ports.put(port.id, revised({ ...port, securityGroups: change(port.securityGroups) }));
    }
  });
}
