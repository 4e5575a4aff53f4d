import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { account } from '../account.js';
import { quota, type Cloud } from '../cloud.js';
import { param, queryOf } from '../query.js';
import type { ServerGroupRecord, ServerRecord } from '../records.js';
import type { State } from '../state.js';
import { novaFault } from './faults.js';
import { novaBody } from './json.js';
import { requestedMicroversion } from './microversion.js';
import * as type from './parameter-types.js';
import { Validator, type Schema } from './validation.js';

const SERVER_GROUPS = '/compute/v2.1/os-server-groups';

interface GroupWish {
  name: string;
  policy?: ServerGroupRecord['policy'];
  policies?: [ServerGroupRecord['policy']];
  rules?: { max_server_per_host?: number | string };
}

const HARD = ['anti-affinity', 'affinity'];
const ALL = [...HARD, 'soft-anti-affinity', 'soft-affinity'];

/** Bodies of a create by the first microversion that takes them so. */
const validators: [number, Validator][] = [
  [
    64,
    groupValidator(['name', 'policy'], {
      policy: { type: 'string', enum: ALL },
      rules: type.object({ max_server_per_host: type.positiveInteger }),
    }),
  ],
  [15, groupValidator(['name', 'policies'], { policies: onePolicy(ALL) })],
  [1, groupValidator(['name', 'policies'], { policies: onePolicy(HARD) })],
];

const pages = (minor: number): Validator =>
  new Validator(
    type.query(
      {
        all_projects: type.values(),
        limit: type.values(type.nonNegativeInteger),
        offset: type.values(type.nonNegativeInteger),
      },
      minor,
    ),
  );
const loose = pages(1);
const strict = pages(75);

function groupValidator(required: string[], properties: Record<string, Schema>): Validator {
  const group = type.object({ name: type.name, ...properties }, required);
  return new Validator(type.wrapped('server_group', group));
}

function onePolicy(policies: string[]): Schema {
  return {
    type: 'array',
    items: [{ type: 'string', enum: policies }],
    uniqueItems: true,
    minItems: 1,
    maxItems: 1,
    additionalItems: false,
  };
}

/** Server groups: which servers are to share a host, or not to. This cloud has one host. */
export function serverGroupRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;

  app.get(SERVER_GROUPS, (request) => {
    const minor = requestedMicroversion(cloud, request);
    const asked = queryOf(request);
    (minor >= 75 ? strict : loose).query(asked);
    const offset = Number(asked.get('offset') ?? 0);
    const limit = Math.min(1000, Number(asked.get('limit') ?? 1000) || 1000);
    const groups = state.serverGroups.all().sort((a, b) => a.number - b.number);
    return {
      server_groups: groups
        .slice(offset, offset + limit)
        .map((group) => document(cloud, group, minor)),
    };
  });

  app.get(`${SERVER_GROUPS}/:group`, (request) => ({
    server_group: document(cloud, find(cloud, request), requestedMicroversion(cloud, request)),
  }));

  app.post(SERVER_GROUPS, (request) => {
    const minor = requestedMicroversion(cloud, request);
    const body = novaBody(request);
    validators.find(([since]) => since <= minor)?.[1].body(body);
    const {
      name,
      policies,
      policy = policies?.[0],
      rules = {},
    } = (body as { server_group: GroupWish }).server_group;
    if (policy === undefined) throw new Error('the schema lets no group without a policy through');
    const group = state.transaction(() => {
      const limit = quota(cloud).serverGroups;
      if (limit >= 0 && state.serverGroups.all().length >= limit) {
        throw novaFault(403, 'Quota exceeded, too many server groups.');
      }
      if (policy !== 'anti-affinity' && Object.keys(rules).length > 0) {
        throw novaFault(400, 'Only anti-affinity policy supports rules.');
      }
      const perHost = rules.max_server_per_host;
      const made: ServerGroupRecord = {
        id: randomUUID(),
        number: state.nextNumber(),
        name,
        policy,
        maxServersPerHost: perHost === undefined ? null : Number(perHost),
      };
      state.serverGroups.put(made.id, made);
      return made;
    });
    return { server_group: document(cloud, group, minor) };
  });

  app.delete(`${SERVER_GROUPS}/:group`, (request, reply) => {
    state.transaction(() => {
      state.serverGroups.remove(find(cloud, request).id);
    });
    return reply.code(204).send();
  });
}

/**
 * Whether servers may join a group.
 * @throws 400 for a group that is not there, 403 for one that is full
 */
export function admitToGroup(cloud: Cloud, groupId: string, count: number): void {
  const group = cloud.state.serverGroups.get(groupId);
  if (group === undefined) throw novaFault(400, `Instance group ${groupId} could not be found.`);
  const limit = quota(cloud).serverGroupMembers;
  if (limit >= 0 && members(cloud.state, group.id).length + count > limit) {
    throw novaFault(403, 'Quota exceeded, too many servers in group');
  }
}

/** Whether the host has room for so many more servers of a group. */
export function hasRoomFor(state: State, groupId: string, count: number): boolean {
  const group = state.serverGroups.get(groupId);
  if (group?.policy !== 'anti-affinity') return true;
  const there = members(state, group.id).filter(({ vmState }) => vmState !== 'error');
  return there.length + count <= (group.maxServersPerHost ?? 1);
}

/** The groups that a server shows: none when its own is gone. */
export function groupsOf(state: State, { groupId }: ServerRecord): string[] {
  return groupId !== undefined && state.serverGroups.has(groupId) ? [groupId] : [];
}

function members(state: State, groupId: string): ServerRecord[] {
  return state.servers
    .all()
    .filter((server) => server.groupId === groupId && server.vmState !== 'deleted')
    .sort((a, b) => a.order - b.order);
}

function find(cloud: Cloud, request: FastifyRequest): ServerGroupRecord {
  const id = param(request, 'group');
  const group = cloud.state.serverGroups.get(id);
  if (group === undefined) throw novaFault(404, `Instance group ${id} could not be found.`);
  return group;
}

function document(cloud: Cloud, group: ServerGroupRecord, minor: number): Record<string, unknown> {
  const { projectId, userId } = account(cloud.state);
  const rules =
    group.maxServersPerHost === null ? {} : { max_server_per_host: group.maxServersPerHost };
  return {
    id: group.id,
    name: group.name,
    ...(minor >= 64 ? { policy: group.policy, rules } : { policies: [group.policy], metadata: {} }),
    members: members(cloud.state, group.id).map(({ id }) => id),
    ...(minor >= 13 ? { project_id: projectId, user_id: userId } : {}),
  };
}
