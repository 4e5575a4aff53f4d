import type { FastifyInstance, FastifyRequest } from 'fastify';
import { quota, type Cloud } from '../cloud.js';
import { param } from '../query.js';
import type { ServerRecord } from '../records.js';
import { novaFault } from './faults.js';
import { novaBody } from './json.js';
import { metadata, wrapped } from './parameter-types.js';
import { changeServer, findServer, requireState, type NeededState } from './server-store.js';
import { Validator } from './validation.js';

type Metadata = Record<string, string>;

const SETTLED: NeededState = {
  vmStates: ['active', 'paused', 'suspended', 'stopped'],
  taskStates: 'any',
};

const allValidator = new Validator(wrapped('metadata', metadata));
const oneValidator = new Validator(
  wrapped('meta', { ...metadata, minProperties: 1, maxProperties: 1 }),
);

/** Metadata of servers. */
export function metadataRoutes(app: FastifyInstance, cloud: Cloud): void {
  const all = '/compute/v2.1/servers/:server/metadata';
  const one = `${all}/:key`;
  const serverOf = (request: FastifyRequest): ServerRecord =>
    findServer(cloud.state, param(request, 'server'));

  app.get(all, (request) => ({ metadata: serverOf(request).metadata }));

  app.post(all, (request) => {
    const added = allFrom(request);
    return { metadata: change(cloud, request, (old) => ({ ...old, ...added })) };
  });

  app.put(all, (request) => {
    const replaced = allFrom(request);
    return { metadata: change(cloud, request, () => replaced) };
  });

  app.get(one, (request) => {
    const key = param(request, 'key');
    const value = serverOf(request).metadata[key];
    if (value === undefined) throw novaFault(404, 'Metadata item was not found');
    return { meta: { [key]: value } };
  });

  app.put(one, (request) => {
    const body = novaBody(request);
    oneValidator.body(body, request.call.legacyCompute);
    const { meta } = body as { meta: Metadata };
    serverOf(request);
    if (!Object.hasOwn(meta, param(request, 'key'))) {
      throw novaFault(400, 'Request body and URI mismatch');
    }
    change(cloud, request, (old) => ({ ...old, ...meta }));
    return { meta };
  });

  app.delete(one, (request, reply) => {
    const key = param(request, 'key');
    if (!Object.hasOwn(serverOf(request).metadata, key)) {
      throw novaFault(404, 'Metadata item was not found');
    }
    change(
      cloud,
      request,
      (old) => Object.fromEntries(Object.entries(old).filter(([name]) => name !== key)),
      'delete metadata',
    );
    return reply.code(204).send();
  });
}

/** Throws 403 for more metadata than the project's servers may have. */
export function checkMetadataQuota(cloud: Cloud, items: Metadata): void {
  const limit = quota(cloud).metadataItems;
  if (limit < 0 || Object.keys(items).length <= limit) return;
  throw novaFault(403, `Maximum number of metadata items exceeds ${limit}`);
}

function allFrom(request: FastifyRequest): Metadata {
  const body = novaBody(request);
  allValidator.body(body, request.call.legacyCompute);
  return (body as { metadata: Metadata }).metadata;
}

function change(
  cloud: Cloud,
  request: FastifyRequest,
  update: (old: Metadata) => Metadata,
  action = 'update metadata',
): Metadata {
  return changeServer(cloud, param(request, 'server'), (server) => {
    requireState(server, action, SETTLED);
    server.metadata = update(server.metadata);
    checkMetadataQuota(cloud, server.metadata);
  }).metadata;
}
