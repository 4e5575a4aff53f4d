import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { addressesFor } from '../networking/port-addresses.js';
import { addPort, portsOfDevice } from '../networking/port-store.js';
import { param } from '../query.js';
import type { PortRecord, RequestedNetwork, ServerRecord } from '../records.js';
import type { State } from '../state.js';
import { novaFault } from './faults.js';
import { novaBody } from './json.js';
import { requestedMicroversion } from './microversion.js';
import { ipAddress, object, tag, uuid } from './parameter-types.js';
import { resolveNetworks, type RefusalStatuses } from './requested-networks.js';
import { securityGroupIds } from './security-groups.js';
import { ServerDocuments } from './server-document.js';
import { findServer, recordAction, requireState, type NeededState } from './server-store.js';
import { Validator } from './validation.js';

interface Attachment {
  net_id?: string;
  port_id?: string;
  fixed_ips?: [{ ip_address: string }];
}

const SERVER = '/compute/v2.1/servers/:server';
const SETTLED: NeededState = { vmStates: ['active', 'paused', 'stopped'] };

/** What Nova answers to a wish for an interface that cannot be. */
const STATUSES: RefusalStatuses = { absent: 404, ambiguous: 400, addressInUse: 409 };

const address = object({ ip_address: ipAddress }, ['ip_address']);
const attachment = {
  net_id: uuid,
  port_id: uuid,
  fixed_ips: { type: 'array', minItems: 1, maxItems: 1, items: address },
};
const untagged = new Validator(object({ interfaceAttachment: object(attachment) }));
const tagged = new Validator(object({ interfaceAttachment: object({ ...attachment, tag }) }));

/** Addresses and interfaces of servers. */
export function interfaceRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;
  const serverOf = (request: FastifyRequest): ServerRecord =>
    findServer(state, param(request, 'server'));
  const addressesOf = (request: FastifyRequest): Record<string, unknown> => {
    const ports = portsOfDevice(state, serverOf(request).id);
    return new ServerDocuments(cloud, request, () => ports).addresses(ports, false);
  };

  app.get(`${SERVER}/ips`, (request) => ({ addresses: addressesOf(request) }));

  app.get(`${SERVER}/ips/:network`, (request) => {
    const name = param(request, 'network');
    const addresses = addressesOf(request)[name];
    if (addresses === undefined) {
      throw novaFault(404, 'Instance is not a member of specified network');
    }
    return { [name]: addresses };
  });

  app.get(`${SERVER}/os-interface`, (request) => ({
    interfaceAttachments: portsOfDevice(state, serverOf(request).id).map((port) =>
      attachmentDocument(cloud, request, port),
    ),
  }));

  app.get(`${SERVER}/os-interface/:port`, (request) => ({
    interfaceAttachment: attachmentDocument(
      cloud,
      request,
      portOf(state, serverOf(request), param(request, 'port')),
    ),
  }));

  app.post(`${SERVER}/os-interface`, (request) => {
    const body = novaBody(request);
    const validator = requestedMicroversion(cloud, request) >= 49 ? tagged : untagged;
    if (body !== undefined) validator.body(body, request.call.legacyCompute);
    const wish = (body as { interfaceAttachment?: Attachment } | undefined)?.interfaceAttachment;
    const port = attach(cloud, request, serverOf(request), wish ?? {});
    return { interfaceAttachment: attachmentDocument(cloud, request, port) };
  });

  // Nova takes any detachment for later, and finds out later whether there is such a port.
  app.delete(`${SERVER}/os-interface/:port`, (request, reply) => {
    const server = serverOf(request);
    requireState(server, 'detach_interface', SETTLED);
    const port = state.ports.get(param(request, 'port'));
    state.transaction(() => {
      recordAction(state, request, server.id, 'detach_interface');
      if (port?.deviceId !== server.id) return;
      if (port.madeByCompute) state.ports.remove(port.id);
      else {
        const free = { deviceId: '', deviceOwner: '', status: 'DOWN' as const };
        state.ports.put(port.id, { ...port, ...free, updatedAt: Date.now() });
      }
    });
    return reply.code(202).send();
  });
}

function attach(
  cloud: Cloud,
  request: FastifyRequest,
  server: ServerRecord,
  { net_id: networkId, port_id: portId, fixed_ips: fixedIps }: Attachment,
): PortRecord {
  const { state } = cloud;
  const fixedIp = fixedIps?.[0].ip_address;
  if (networkId !== undefined && portId !== undefined) {
    throw novaFault(400, 'Must not input both network_id and port_id');
  }
  if (fixedIp !== undefined && networkId === undefined) {
    throw novaFault(400, 'Must input network_id when request IP address');
  }
  requireState(server, 'attach_interface', SETTLED);
  const wish: RequestedNetwork | undefined =
    networkId === undefined && portId === undefined
      ? undefined
      : { networkId: networkId ?? '', portId, fixedIp };
  return state.transaction(() => {
    const [network] = resolveNetworks(cloud, wish === undefined ? undefined : [wish], STATUSES);
    if (network === undefined) {
      throw novaFault(400, 'No specific network was requested and none are available.');
    }
    recordAction(state, request, server.id, 'attach_interface');
    return plug(cloud, server, network);
  });
}

function plug(cloud: Cloud, server: ServerRecord, network: RequestedNetwork): PortRecord {
  const { state } = cloud;
  const bound = { deviceId: server.id, deviceOwner: 'compute:nova', status: 'ACTIVE' as const };
  const own = network.portId === undefined ? undefined : state.ports.get(network.portId);
  if (own !== undefined) {
    const port = { ...own, ...bound, updatedAt: Date.now() };
    state.ports.put(port.id, port);
    return port;
  }
  const { networkId, fixedIp } = network;
  const fixedIps = addressesFor(
    state,
    networkId,
    fixedIp === undefined ? undefined : [{ ip_address: fixedIp }],
  );
  return addPort(state, {
    ...bound,
    networkId,
    fixedIps,
    securityGroups: securityGroupIds(cloud, undefined),
    madeByCompute: true,
  });
}

function portOf(state: State, server: ServerRecord, id: string): PortRecord {
  const port = state.ports.get(id);
  if (port === undefined) throw novaFault(404, `Port id ${id} could not be found.`);
  if (port.deviceId !== server.id) {
    throw novaFault(404, `Instance ${server.id} does not have a port with id ${id}`);
  }
  return port;
}

function attachmentDocument(
  cloud: Cloud,
  request: FastifyRequest,
  port: PortRecord,
): Record<string, unknown> {
  return {
    net_id: port.networkId,
    port_id: port.id,
    mac_addr: port.macAddress,
    port_state: port.status,
    fixed_ips: port.fixedIps.map(({ subnetId, ip }) => ({ subnet_id: subnetId, ip_address: ip })),
    ...(requestedMicroversion(cloud, request) >= 70 ? { tag: null } : {}),
  };
}
