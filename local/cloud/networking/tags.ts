import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';
import { asObject, jsonBody } from '../json-body.js';
import { param } from '../query.js';
import type { Table } from '../state.js';
import { listOf, string } from './checks.js';
import { badRequest, invalidInput, neutronFault } from './faults.js';
import { revised } from './standard-attributes.js';

/** A thing that can be tagged. */
type Tagged = Parameters<typeof revised>[0];

/** Tags of networks, subnets, ports and security groups, one at a time or all at once. */
export function tagRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { networks, subnets, ports, securityGroups } = cloud.state;
  tagRoutesOf(app, cloud, 'networks', networks);
  tagRoutesOf(app, cloud, 'subnets', subnets);
  tagRoutesOf(app, cloud, 'ports', ports);
  tagRoutesOf(app, cloud, 'security-groups', securityGroups);
}

function tagRoutesOf<T extends Tagged>(
  app: FastifyInstance,
  { state }: Cloud,
  collection: string,
  table: Table<T>,
): void {
  const path = `/networking/v2.0/${collection}/:id/tags`;
  const found = (id: string): T => {
    const thing = table.get(id);
    if (thing !== undefined) return thing;
    const kind = collection.replace('-', '_');
    throw neutronFault(404, 'TagResourceNotFound', `Resource ${kind} ${id} could not be found.`);
  };
  const retag = (id: string, change: (tags: string[]) => string[]): string[] =>
    state.transaction(() => {
      const thing = found(id);
      const tags = change(thing.tags);
      table.put(id, revised({ ...thing, tags }));
      return tags;
    });

  app.get(path, (request) => ({ tags: found(param(request, 'id')).tags }));
  app.put(path, (request) => {
    const body = jsonBody(request, () => badRequest('Body contains invalid data'));
    const tags = wantedTags(body);
    return { tags: retag(param(request, 'id'), () => tags) };
  });
  app.delete(path, (request, reply) => {
    retag(param(request, 'id'), () => []);
    return reply.code(204).send();
  });
  app.get(`${path}/:tag`, (request, reply) => {
    requireTag(found(param(request, 'id')).tags, param(request, 'tag'));
    return reply.code(204).send();
  });
  app.put(`${path}/:tag`, (request, reply) => {
    const tag = param(request, 'tag');
    retag(param(request, 'id'), (tags) => [...new Set([...tags, tag])]);
    return reply.code(201).send(null);
  });
  app.delete(`${path}/:tag`, (request, reply) => {
    const tag = param(request, 'tag');
    retag(param(request, 'id'), (tags) => {
      requireTag(tags, tag);
      return tags.filter((other) => other !== tag);
    });
    return reply.code(204).send();
  });
}

function wantedTags(body: unknown): string[] {
  const tags = asObject(body)?.tags;
  if (tags === undefined) throw invalidInput('Invalid tags body');
  const problem = listOf(string(255))(tags);
  if (problem !== undefined) throw invalidInput(problem);
  return tags as string[];
}

function requireTag(tags: string[], tag: string): void {
  if (tags.includes(tag)) return;
  throw neutronFault(404, 'TagNotFound', `Tag ${tag} could not be found.`);
}
