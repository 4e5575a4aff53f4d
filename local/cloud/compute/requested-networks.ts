import type { Cloud } from '../cloud.js';
import { isUuidLike } from '../ids.js';
import { subnetsOf } from '../networking/port-store.js';
import { PUBLIC_NET, SERVICE_NET } from '../profiles.js';
import type { NetworkRecord, RequestedNetwork } from '../records.js';
import type { State } from '../state.js';
import { novaFault } from './faults.js';

/** An item of a server's `networks`, as the schema leaves it. */
interface NetworkItem {
  uuid?: string;
  port?: string | null;
  fixed_ip?: string;
}

/** What a create asks for: networks, or (undefined) whatever there is, or (empty, from 2.37) none. */
export function parseNetworks(
  wanted: NetworkItem[] | 'auto' | 'none' | undefined,
  count: number,
): RequestedNetwork[] | undefined {
  if (wanted === 'none') return [];
  if (wanted === undefined || wanted === 'auto' || wanted.length === 0) return undefined;
  const networks = wanted.map((item, index) => parseItem(item, wanted.slice(0, index)));
  if (count > 1) refuseSharing(networks);
  return networks;
}

function parseItem(item: NetworkItem, before: NetworkItem[]): RequestedNetwork {
  const { uuid, port, fixed_ip: fixedIp } = item;
  if (port) {
    if (before.some((other) => other.port === port)) {
      throw novaFault(
        400,
        `Port ID '${port}' was specified twice: you cannot attach a port multiple times.`,
      );
    }
    if (fixedIp !== undefined) {
      throw novaFault(
        400,
        `Specified Fixed IP '${fixedIp}' cannot be used with port '${port}': ` +
          'the two cannot be specified together.',
      );
    }
    return { networkId: '', portId: port };
  }
  if (uuid === undefined) throw novaFault(400, "Bad network format: missing 'uuid'");
  if (!isUuidLike(uuid)) {
    throw novaFault(400, `Bad networks format: network uuid is not in proper format (${uuid})`);
  }
  return { networkId: uuid, ...(fixedIp === undefined ? {} : { fixedIp }) };
}

function refuseSharing(networks: RequestedNetwork[]): void {
  const failed = 'Failed to launch instances: ';
  if (networks.some(({ fixedIp }) => fixedIp !== undefined)) {
    throw novaFault(
      400,
      `${failed}max_count cannot be greater than 1 if an fixed_ip is specified.`,
    );
  }
  if (networks.some(({ portId }) => portId !== undefined)) {
    throw novaFault(
      400,
      `${failed}Unable to launch multiple instances with a single configured port ID. ` +
        'Please launch your instance one by one with different ports.',
    );
  }
}

/** The status of each refusal, which is not the same for a create and for an attachment. */
export interface RefusalStatuses {
  absent: 400 | 404;
  ambiguous: 400 | 409;
  addressInUse: 400 | 409;
}

const OF_A_CREATE: RefusalStatuses = { absent: 400, ambiguous: 409, addressInUse: 400 };

/**
 * The networks a server will be on, what is asked for being checked. Call it inside the transaction
 * that puts it there.
 * @throws 409 for a port in use, `statuses` for the rest
 */
export function resolveNetworks(
  cloud: Cloud,
  wanted: RequestedNetwork[] | undefined,
  statuses = OF_A_CREATE,
): RequestedNetwork[] {
  if (cloud.profile.name === 'rackspace') return rackspaceNetworks(cloud.state, wanted);
  return wanted === undefined
    ? theOnlyNetwork(cloud.state, statuses)
    : checkedNetworks(cloud.state, wanted, statuses);
}

/** Rackspace's servers are on PublicNet and ServiceNet; who names networks must name them too. */
function rackspaceNetworks(
  state: State,
  wanted: RequestedNetwork[] | undefined,
): RequestedNetwork[] {
  const required = [PUBLIC_NET, SERVICE_NET];
  const all = required.map((networkId) => ({ networkId }));
  const networks = checkedNetworks(state, wanted ?? all, OF_A_CREATE);
  const missing = required.filter((id) => !networks.some(({ networkId }) => networkId === id));
  if (missing.length > 0) {
    throw novaFault(400, `Networks (${missing.join(',')}) required but missing`);
  }
  return networks;
}

/** The project's network, if it has but one to choose from; no network at all is no error. */
function theOnlyNetwork(state: State, statuses: RefusalStatuses): RequestedNetwork[] {
  const candidates = state.networks.all().filter(({ own, shared }) => own || shared);
  if (candidates.length > 1) {
    throw novaFault(
      statuses.ambiguous,
      'Multiple possible networks found, use a Network ID to be more specific.',
    );
  }
  return candidates.map(({ id }) => ({ networkId: id }));
}

function checkedNetworks(
  state: State,
  wanted: RequestedNetwork[],
  statuses: RefusalStatuses,
): RequestedNetwork[] {
  const resolved = wanted.map((network) => checkedPort(state, network, statuses));
  const unknown: string[] = [];
  for (const { networkId, portId } of resolved) {
    if (portId !== undefined) continue;
    const network = state.networks.get(networkId);
    if (network === undefined) unknown.push(networkId);
    else requireSubnet(state, network);
  }
  if (unknown.length > 0) {
    const ids = [...new Set(unknown)].join(', ');
    throw novaFault(statuses.absent, `Network ${ids} could not be found.`);
  }
  return resolved;
}

function requireSubnet(state: State, network: NetworkRecord): void {
  if (subnetsOf(state, network.id).length > 0) return;
  throw novaFault(400, `Network ${network.id} requires a subnet in order to boot instances on.`);
}

function checkedPort(
  state: State,
  wanted: RequestedNetwork,
  statuses: RefusalStatuses,
): RequestedNetwork {
  const { portId, networkId, fixedIp } = wanted;
  if (portId === undefined) {
    if (fixedIp !== undefined) requireFreeAddress(state, networkId, fixedIp, statuses);
    return wanted;
  }
  const port = state.ports.get(portId);
  if (port === undefined) {
    throw novaFault(statuses.absent, `Port id ${portId} could not be found.`);
  }
  if (port.deviceId !== '') throw novaFault(409, `Port ${portId} is still in use.`);
  if (port.fixedIps.length === 0) {
    throw novaFault(400, `Port ${portId} requires a FixedIP in order to be used.`);
  }
  return { networkId: port.networkId, portId };
}

function requireFreeAddress(
  state: State,
  networkId: string,
  address: string,
  statuses: RefusalStatuses,
): void {
  const holder = state.ports
    .all()
    .find((port) => port.networkId === networkId && port.fixedIps.some(({ ip }) => ip === address));
  if (holder === undefined) return;
  throw novaFault(
    statuses.addressInUse,
    `Fixed IP address ${address} is already in use on instance ${holder.deviceId}.`,
  );
}
