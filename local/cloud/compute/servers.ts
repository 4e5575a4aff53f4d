import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';
import { portsByDevice, portsOfDevice } from '../networking/port-store.js';
import { param, queryOf } from '../query.js';
import type { ServerRecord } from '../records.js';
import { asObject } from '../json-body.js';
import { createServers } from './create-server.js';
import { novaFault } from './faults.js';
import { novaBody } from './json.js';
import { newPassword, type ServerWish } from './new-server.js';
import { ServerDocuments } from './server-document.js';
import { listServers } from './server-list.js';
import { isTrue } from './parameter-types.js';
import { createValidator, updateValidator } from './server-schemas.js';
import { changeServer, findServer, recordAction } from './server-store.js';
import { requestedMicroversion } from './microversion.js';

const SERVERS = '/compute/v2.1/servers';

/** Servers: list, create, look at, change, delete. */
export function serverRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;

  for (const detailed of [false, true]) {
    const path = detailed ? 'servers/detail' : 'servers';
    app.get(`/compute/v2.1/${path}`, (request) => {
      // Read once, whatever the number of servers: this is what is polled.
      const ports = portsByDevice(state);
      const documents = new ServerDocuments(cloud, request, (id) => ports.get(id) ?? []);
      const servers = listServers(
        cloud,
        queryOf(request),
        documents.minor,
        detailed ? 'detail' : 'index',
        () => ports,
      );
      const show = (server: ServerRecord): Record<string, unknown> =>
        detailed ? documents.detail(server) : documents.basic(server);
      return {
        servers: servers.map(show),
        ...documents.links.next(path, 'servers_links', servers.length, servers.at(-1)?.id),
      };
    });
  }

  app.post(SERVERS, async (request, reply) => {
    const minor = requestedMicroversion(cloud, request);
    const body = novaBody(request);
    createValidator(minor, request.call.legacyCompute).body(body, request.call.legacyCompute);
    const { server: wish, ...hints } = body as { server: ServerWish & { adminPass?: string } };
    const [server] = await createServers(cloud, request, { ...wish, group: groupOf(hints) }, minor);
    if (server === undefined) throw novaFault(500, 'No server was made.');
    if (isTrue(wish.return_reservation_id)) {
      return reply.code(202).send({ reservation_id: server.reservationId });
    }
    const { links } = new ServerDocuments(cloud, request, () => []);
    const own = links.of(`servers/${server.id}`);
    const groups = wish.security_groups ?? [{ name: 'default' }];
    return reply
      .code(202)
      .header('location', links.self(`servers/${server.id}`))
      .send({
        server: {
          id: server.id,
          links: own,
          'OS-DCF:diskConfig': server.diskConfig,
          ...(cloud.profile.name === 'rackspace' ? {} : { security_groups: groups }),
          adminPass: wish.adminPass ?? newPassword(),
        },
      });
  });

  app.get(`${SERVERS}/:server`, (request) => {
    const server = findServer(state, param(request, 'server'));
    const documents = new ServerDocuments(cloud, request, (id) => portsOfDevice(state, id));
    return { server: documents.shown(server) };
  });

  app.put(`${SERVERS}/:server`, (request) => {
    const minor = requestedMicroversion(cloud, request);
    const body = novaBody(request);
    updateValidator(minor, request.call.legacyCompute).body(body, request.call.legacyCompute);
    const wish = (body as { server: Partial<ServerWish> }).server;
    const server = changeServer(cloud, param(request, 'server'), (old) => {
      old.name = wish.name?.trim() ?? old.name;
      old.diskConfig = wish['OS-DCF:diskConfig'] ?? old.diskConfig;
      old.accessIPv4 = wish.accessIPv4 ?? old.accessIPv4;
      old.accessIPv6 = wish.accessIPv6 ?? old.accessIPv6;
      old.hostname = wish.hostname ?? old.hostname;
      if (wish.description !== undefined) old.description = wish.description;
    });
    const documents = new ServerDocuments(cloud, request, (id) => portsOfDevice(state, id));
    return { server: documents.updated(server) };
  });

  app.delete(`${SERVERS}/:server`, (request, reply) => {
    const server = findServer(state, param(request, 'server'));
    if (server.locked) throw novaFault(409, `Instance ${server.id} is locked`);
    state.transaction(() => {
      // Nova clears away first what a resize has left.
      if (server.vmState === 'resized') recordAction(state, request, server.id, 'confirmResize');
      // What is on no host is gone without a word.
      if (server.hostId !== '') recordAction(state, request, server.id, 'delete');
    });
    cloud.machines.delete(server.id);
    return reply.code(204).send();
  });
}

/** The server group that the scheduler's hints name. */
function groupOf(hints: Record<string, unknown>): string | undefined {
  const found = hints['os:scheduler_hints'] ?? hints['OS-SCH-HNT:scheduler_hints'];
  const group = asObject(found)?.group;
  return typeof group === 'string' ? group : undefined;
}
