import type { FastifyInstance } from 'fastify';
import { account } from '../account.js';
import { quota, type Cloud } from '../cloud.js';
import { param } from '../query.js';
import { disallowed, neutronFault, noResource, overQuota } from './faults.js';

/** Neutron's default `quota_security_group_rule`. */
const SECURITY_GROUP_RULES = 100;

/** How many of each kind of thing the project has, and may have (-1: no limit). */
function usage(cloud: Cloud): Record<string, { limit: number; used: number }> {
  const { state } = cloud;
  const limits = quota(cloud);
  const own = (things: { own: boolean }[]): number => things.filter((thing) => thing.own).length;
  const groups = state.securityGroups.all();
  return {
    network: { limit: limits.networks, used: own(state.networks.all()) },
    subnet: { limit: limits.subnets, used: own(state.subnets.all()) },
    port: { limit: limits.ports, used: state.ports.all().length },
    security_group: { limit: limits.securityGroups, used: groups.length },
    security_group_rule: {
      limit: SECURITY_GROUP_RULES,
      used: groups.reduce((sum, { rules }) => sum + rules.length, 0),
    },
    subnetpool: { limit: 0, used: 0 },
    router: { limit: 0, used: 0 },
    floatingip: { limit: 0, used: 0 },
  };
}

/**
 * Makes sure that the project may have that many more of a kind.
 * @throws 409
 */
export function requireRoom(cloud: Cloud, kind: string, more: number): void {
  const { limit, used } = usage(cloud)[kind] ?? { limit: 0, used: 0 };
  if (limit >= 0 && used + more > limit) throw overQuota(kind);
}

/** The project's quota, which only an administrator may change. */
export function quotaRoutes(app: FastifyInstance, cloud: Cloud): void {
  const path = '/networking/v2.0/quotas';
  const { projectId } = account(cloud.state);
  const limits = () => ({
    quota: Object.fromEntries(
      Object.entries(usage(cloud)).map(([kind, { limit }]) => [kind, limit]),
    ),
  });
  const refuse = (rule: string) => () => {
    throw disallowed(`rule:${rule}`);
  };

  app.get(path, refuse('get_quota'));
  app.get(`${path}/:project`, (request) => {
    const project = param(request, 'project');
    // Clients ask so whose quota theirs is.
    if (project === 'tenant' || project === 'project') {
      return { [project]: { [`${project}_id`]: projectId } };
    }
    if (project !== projectId) throw disallowed('rule:get_quota');
    return limits();
  });
  app.get(`${path}/:project/:what`, (request) => {
    const isOwn = param(request, 'project') === projectId;
    switch (param(request, 'what')) {
      case 'default':
        if (!isOwn) throw disallowed('rule:get_quota');
        return limits();
      case 'details':
      case 'details.json':
        if (!isOwn) throw notOwn();
        return { quota: details(cloud) };
      default:
        throw noResource();
    }
  });
  app.put(`${path}/:project`, refuse('update_quota'));
  app.delete(`${path}/:project`, refuse('delete_quota'));
}

function details(cloud: Cloud): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(usage(cloud)).map(([kind, numbers]) => [kind, { ...numbers, reserved: 0 }]),
  );
}

function notOwn(): ReturnType<typeof neutronFault> {
  return neutronFault(
    403,
    'AdminRequired',
    'User does not have admin privileges: ' +
      'Only admin is authorized to access quotas for another project.',
  );
}
