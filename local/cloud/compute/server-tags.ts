import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { pythonRepr } from '../python-text.js';
import { param } from '../query.js';
import type { ServerRecord } from '../records.js';
import { noResource, novaFault } from './faults.js';
import { novaBody } from './json.js';
import { Links } from './links.js';
import { requestedMicroversion } from './microversion.js';
import { tag, object } from './parameter-types.js';
import { changeServer, findMapped } from './server-store.js';
import { Validator } from './validation.js';

const TAGS = '/compute/v2.1/servers/:server/tags';
const MAX_TAGS = 50;

const allValidator = new Validator(
  object({ tags: { type: 'array', items: tag, maxItems: MAX_TAGS } }, ['tags']),
);

/** Tags of servers, since 2.26. */
export function serverTagRoutes(app: FastifyInstance, cloud: Cloud): void {
  const serverOf = (request: FastifyRequest): ServerRecord => {
    if (requestedMicroversion(cloud, request) < 26) throw noResource();
    return findMapped(cloud.state, param(request, 'server'));
  };
  const change = (
    request: FastifyRequest,
    action: string,
    update: (tags: string[]) => string[],
  ): string[] => {
    requireSettled(serverOf(request), action);
    return changeServer(cloud, param(request, 'server'), (server) => {
      server.tags = update(server.tags);
    }).tags;
  };

  app.get(TAGS, (request) => ({ tags: serverOf(request).tags }));

  app.put(TAGS, (request) => {
    serverOf(request);
    const body = novaBody(request);
    allValidator.body(body);
    const { tags } = body as { tags: string[] };
    return { tags: change(request, 'update tags', () => [...new Set(tags)]) };
  });

  app.delete(TAGS, (request, reply) => {
    change(request, 'delete tags', () => []);
    return reply.code(204).send();
  });

  app.get(`${TAGS}/:tag`, (request, reply) => {
    requireTag(serverOf(request), param(request, 'tag'));
    return reply.code(204).send();
  });

  app.put(`${TAGS}/:tag`, (request, reply) => {
    const server = serverOf(request);
    const name = param(request, 'tag');
    requireSettled(server, 'update tag');
    refuseBadTag(name);
    if (server.tags.length >= MAX_TAGS) {
      throw novaFault(400, `The number of tags exceeded the per-server limit ${MAX_TAGS}`);
    }
    if (server.tags.includes(name)) return reply.code(204).send();
    change(request, 'update tag', (tags) => [...tags, name]);
    const location = new Links(cloud, request).self(`servers/${server.id}/tags/${name}`);
    return reply.code(201).header('location', location).send();
  });

  app.delete(`${TAGS}/:tag`, (request, reply) => {
    const server = serverOf(request);
    const name = param(request, 'tag');
    requireSettled(server, 'delete tag');
    if (!server.tags.includes(name)) {
      throw novaFault(404, `Instance ${server.id} has no tag '${name}'`);
    }
    change(request, 'delete tag', (tags) => tags.filter((other) => other !== name));
    return reply.code(204).send();
  });
}

function requireSettled({ id, vmState }: ServerRecord, action: string): void {
  if (['active', 'paused', 'suspended', 'stopped'].includes(vmState)) return;
  throw novaFault(409, `Cannot '${action}' instance ${id} while it is in vm_state ${vmState}`);
}

function requireTag({ id, tags }: ServerRecord, name: string): void {
  if (!tags.includes(name)) throw novaFault(404, `Server ${id} has no tag '${name}'`);
}

function refuseBadTag(name: string): void {
  const problem =
    name.length > 60
      ? `${pythonRepr(name)} is too long`
      : /[,/]/.test(name)
        ? `${pythonRepr(name)} does not match '^[^,/]*$'`
        : undefined;
  if (problem === undefined) return;
  throw novaFault(
    400,
    `Tag '${name}' is invalid. It must be a non empty string without characters '/' and ','. ` +
      `Validation error message: ${problem}`,
  );
}
