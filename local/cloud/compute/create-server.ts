import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { visibleImage } from '../images/image-store.js';
import type { RequestedNetwork, ServerRecord } from '../records.js';
import type { State } from '../state.js';
import { novaFault, policy } from './faults.js';
import { checkFit, requireActive } from './image-fit.js';
import { checkFiles, refuseIncompleteFiles } from './injected-files.js';
import { checkMetadataQuota } from './metadata.js';
import { newInput, newReservation, newServer, type Found, type ServerWish } from './new-server.js';
import { parseNetworks, resolveNetworks } from './requested-networks.js';
import { securityGroupIds } from './security-groups.js';
import { admitToGroup, hasRoomFor } from './server-groups.js';
import { admittedCount, connectedCount, recheckQuota } from './server-quota.js';
import { recordAction } from './server-store.js';

/** Deleted servers are shown by `changes-since` for so long; clouds archive them sooner or later. */
const KEEP_DELETED_MS = 24 * 3600 * 1000;

/**
 * Makes one or more servers and starts to build them. Checks come in Nova's order. Between what is checked and what
 * is made goes a while, as there: two that are asked for at one moment may both pass where there is room for one.
 * @throws 400, 403 (quota) or 409, in Nova's words
 */
export async function createServers(
  cloud: Cloud,
  request: FastifyRequest,
  wish: ServerWish,
  minor: number,
): Promise<ServerRecord[]> {
  const { state } = cloud;
  const min = Number(wish.min_count ?? 1);
  const max = Number(wish.max_count ?? min);
  if (min > max) throw novaFault(400, 'min_count must be <= max_count');
  refuseIncompleteFiles(wish.personality);
  refuseForcedHost(wish);
  refuseVolumes(wish);
  if (!wish.imageRef) throw novaFault(400, 'Missing imageRef attribute');
  const networks = parseNetworks(wish.networks, max);
  const found = find(cloud, wish, networks, max);
  const connected = connectedCount(cloud, found.networks, min, max);
  const { group } = wish;
  // First whether there is such a group, then the quota, then whether there is room in the group.
  if (group !== undefined) admitToGroup(cloud, group, 0);
  const count = admittedCount(cloud, found.flavor, min, connected);
  if (group !== undefined) admitToGroup(cloud, group, count);
  await sleep(cloud.machines.times.createMs);
  const servers = state.transaction(() => {
    archiveDeleted(cloud);
    const fits = group === undefined || hasRoomFor(state, group, count);
    const made = Array.from({ length: count }, (_, index) => {
      const suffix = count > 1 ? `-${index + 1}` : '';
      const server = newServer(cloud, wish, found, suffix, minor);
      if (!fits) failScheduling(server);
      state.servers.put(server.id, server);
      state.serverInputs.put(server.id, newInput(wish, found));
      recordAction(state, request, server.id, 'create');
      return server;
    });
    const tooMany = recheckQuota(cloud, found.flavor, count);
    if (tooMany === undefined) made.forEach((server) => claimPorts(cloud, server));
    else made.forEach((server) => bury(state, server, tooMany));
    return made;
  });
  for (const server of servers) cloud.machines.schedule(server);
  return servers;
}

/** No host has room for it. */
function failScheduling(server: ServerRecord): void {
  if (server.next !== null) server.next.step = 'fail';
  server.buildEnd = 'error';
}

/** It came to be, and nothing more. */
function bury(state: State, server: ServerRecord, message: string): void {
  Object.assign(server, {
    vmState: 'error',
    taskState: null,
    next: null,
    availabilityZone: 'nova',
  });
  server.fault = { code: 413, created: Date.now(), message };
  state.servers.put(server.id, server);
}

/** Only an administrator says where a server goes. */
function refuseForcedHost({
  availability_zone: zone,
  host,
  hypervisor_hostname: node,
}: ServerWish): void {
  const colons = (zone ?? '').split(':').length - 1;
  if (colons > 2) throw novaFault(400, 'Invalid input received: Unable to parse availability_zone');
  if (colons > 0) throw policy('servers:create:forced_host');
  if (host || node) {
    throw novaFault(
      403,
      "Policy doesn't allow compute:servers:create:requested_destination to be performed.",
    );
  }
}

/** There are no volumes here; clients may still spell out the disk that every server has. */
function refuseVolumes(wish: ServerWish): void {
  const devices = [...(wish.block_device_mapping ?? []), ...(wish.block_device_mapping_v2 ?? [])];
  const volume = devices.find(
    (device) => device.source_type !== 'image' || device.destination_type !== 'local',
  );
  if (volume === undefined) return;
  const id = volume.uuid ?? volume.volume_id ?? '';
  throw novaFault(400, `Block Device Mapping is Invalid: failed to get volume ${id}.`);
}

function find(
  cloud: Cloud,
  wish: ServerWish,
  wanted: RequestedNetwork[] | undefined,
  max: number,
): Found {
  const { state } = cloud;
  const flavorId = String(wish.flavorRef).split(/[?#]/)[0]?.split('/').at(-1) ?? '';
  const flavor = state.flavors.get(flavorId);
  if (flavor === undefined) throw novaFault(400, `Flavor ${flavorId} could not be found.`);
  if (wish.hostname !== undefined && max > 1) {
    throw novaFault(400, 'Unable to allocate a single hostname to multiple instances');
  }
  const zone = wish.availability_zone?.trim();
  if (zone !== undefined && zone !== 'nova') {
    throw novaFault(400, 'The requested availability zone is not available');
  }
  const image = visibleImage(state, wish.imageRef?.toLowerCase() ?? '');
  if (image === undefined) throw novaFault(400, 'Can not find requested image');
  const securityGroups = securityGroupIds(cloud, wish.security_groups);
  const networks = resolveNetworks(cloud, wanted);
  const keyPair = wish.key_name === undefined ? undefined : state.keyPairs.get(wish.key_name);
  if (wish.key_name !== undefined && keyPair === undefined) {
    throw novaFault(400, 'Invalid key_name provided.');
  }
  checkMetadataQuota(cloud, wish.metadata ?? {});
  checkFiles(cloud, wish.personality ?? []);
  requireActive(image);
  checkFit(flavor, image);
  const reservationId = newReservation();
  return { image, flavor, keyPair, networks, securityGroups, reservationId };
}

/** A port belongs to its server from now on, so that no second one can be made on it meanwhile. */
function claimPorts({ state }: Cloud, server: ServerRecord): void {
  for (const { portId } of server.requestedNetworks) {
    const port = portId === undefined ? undefined : state.ports.get(portId);
    if (port?.deviceId === '') state.ports.put(port.id, { ...port, deviceId: server.id });
  }
}

function archiveDeleted({ state }: Cloud): void {
  const before = Date.now() - KEEP_DELETED_MS;
  for (const { id, terminatedAt, vmState } of state.servers.all()) {
    if (vmState !== 'deleted' || terminatedAt === null || terminatedAt > before) continue;
    state.servers.remove(id);
    state.serverActions.removeUnder(id);
  }
}
