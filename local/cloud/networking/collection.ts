import type { FastifyInstance, FastifyRequest } from 'fastify';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import type { HttpFault } from '../fault-error.js';
import { jsonBody } from '../json-body.js';
import { param, queryOf } from '../query.js';
import { enforcePolicy, wantedOf, type AttributeMap, type Json } from './attributes.js';
import { badRequest, methodNotAllowed } from './faults.js';
import { listAnswer, withFields, type Listed } from './listing.js';
import { requireRoom } from './quotas.js';
import { requireRevision } from './revision-constraint.js';

/**
 * A kind of thing that the API keeps: networks, subnets, ports, …
 *
 * @typeParam R what is kept of it
 * @typeParam W what a create may ask for: its attributes, checked and converted
 */
export interface Resource<R extends { id: string }, W> extends Listed {
  /** `network` */
  name: string;
  /** The last part of the collection's path, where it is not the collection's name. */
  path?: string;
  attributes: AttributeMap;
  /** All that the project may see, as the API shows it. */
  documents(): Json[];
  /** What the project may see by its id. */
  find(id: string): R | undefined;
  /** @param isNew a create's answer shows a little more */
  document(record: R, isNew?: boolean): Json;
  notFound(id: string): HttpFault;
  /** Whether the project may change it. */
  isOwn(record: R): boolean;
  /** Whether it is, or would be, on a network of the project's. */
  ownsNetwork?(document: Json): boolean;
  /** Refuses what may not be made where it is wanted, before anything else is looked at. */
  admit?(item: W): void;
  /** Makes what was asked for, all of it or, by throwing, none. */
  create(items: W[]): R[];
  update(record: R, changes: Partial<W>): R;
  remove(record: R): void;
}

/** The routes of a kind of thing; each runs in one transaction. */
export function resourceRoutes<R extends { id: string }, W>(
  app: FastifyInstance,
  cloud: Cloud,
  resource: Resource<R, W>,
): void {
  const { name, collection } = resource;
  const { state } = cloud;
  const { projectId } = account(state);
  const path = `/networking/v2.0/${resource.path ?? collection}`;
  const malformed = (): HttpFault => badRequest('Body contains invalid data');
  const found = (id: string): R => {
    const record = resource.find(id);
    if (record === undefined) throw resource.notFound(id);
    return record;
  };

  app.get(path, (request) => listAnswer(resource, request, cloud, resource.documents()));

  app.get(`${path}/:id`, (request) => ({
    [name]: withFields(resource.document(found(param(request, 'id'))), queryOf(request)),
  }));

  app.post(path, (request, reply) => {
    const { items, bulk } = wantedOf(resource, jsonBody(request, malformed), 'create', projectId);
    const wishes = items as W[];
    const made = state.transaction(() => {
      for (const wish of wishes) resource.admit?.(wish);
      requireRoom(cloud, name, items.length);
      for (const item of items) {
        const ownsNetwork = resource.ownsNetwork?.(item) ?? true;
        enforcePolicy(resource, 'create', item, { isOwner: true, ownsNetwork });
      }
      return resource.create(wishes).map((record) => resource.document(record, true));
    });
    return reply.code(201).send(bulk ? { [collection]: made } : { [name]: made[0] });
  });

  app.put(`${path}/:id`, (request) => {
    const body = jsonBody(request, malformed);
    const [changes] = wantedOf(resource, body, 'update', projectId).items;
    return state.transaction(() => {
      const record = found(param(request, 'id'));
      const document = resource.document(record);
      const ownsNetwork = resource.ownsNetwork?.(document) ?? true;
      const isOwner = resource.isOwn(record);
      enforcePolicy(resource, 'update', changes ?? {}, { isOwner, ownsNetwork });
      requireRevision(request, document);
      return { [name]: resource.document(resource.update(record, (changes ?? {}) as Partial<W>)) };
    });
  });

  app.delete(`${path}/:id`, (request, reply) => {
    state.transaction(() => {
      const record = found(param(request, 'id'));
      enforcePolicy(resource, 'delete', {}, { isOwner: resource.isOwn(record), ownsNetwork: true });
      refuseBody(request);
      requireRevision(request, resource.document(record));
      resource.remove(record);
    });
    return reply.code(204).send();
  });

  const refuse = (): never => {
    throw methodNotAllowed();
  };
  app.route({ method: ['HEAD', 'PATCH'], url: path, handler: refuse });
  app.route({ method: ['HEAD', 'POST', 'PATCH'], url: `${path}/:id`, handler: refuse });
}

function refuseBody(request: FastifyRequest): void {
  if (request.body) throw badRequest('Request body is not supported in DELETE.');
}
