import { randomUUID } from 'node:crypto';
import type { Cloud } from '../cloud.js';
import { pythonStr } from '../python-text.js';
import type { NetworkRecord } from '../records.js';
import { known, type Attribute, type AttributeMap, type Json } from './attributes.js';
import { notNegative, string } from './checks.js';
import type { Resource } from './collection.js';
import { extensionAliases } from './extensions.js';
import { invalidInput, networkNotFound, neutronFault } from './faults.js';
import { subnetsOf } from './port-store.js';
import {
  ownerId,
  ownership,
  revised,
  shown,
  standardAttributes,
  standardDocument,
  standardFilters,
} from './standard-attributes.js';
import { toBoolean, toInteger } from './values.js';

/** What vxlan leaves of an Ethernet frame. */
const MAX_MTU = 1450;

/** A network as it may be asked for. */
interface NetworkWish {
  name: string;
  description?: string;
  admin_state_up: boolean;
  mtu?: number;
  port_security_enabled?: boolean;
}

const administrators: Attribute = {
  create: true,
  update: true,
  policy: 'admin',
  extension: 'provider',
};

const attributes: AttributeMap = {
  id: { filter: true, sort: true },
  name: { create: true, update: true, default: '', check: string(255), filter: true, sort: true },
  subnets: {},
  admin_state_up: {
    create: true,
    update: true,
    default: true,
    convert: toBoolean,
    filter: true,
    sort: true,
  },
  status: { filter: true, sort: true },
  ...ownership,
  shared: {
    create: true,
    update: true,
    default: false,
    convert: toBoolean,
    filter: true,
    policy: 'admin',
  },
  'router:external': {
    create: true,
    update: true,
    default: false,
    convert: toBoolean,
    filter: true,
    policy: 'admin',
    extension: 'external-net',
  },
  is_default: {
    create: true,
    update: true,
    default: false,
    convert: toBoolean,
    filter: true,
    policy: 'admin',
    extension: 'external-net',
  },
  mtu: {
    create: true,
    update: true,
    default: 0,
    convert: toInteger,
    check: notNegative,
    filter: true,
    sort: true,
    extension: 'net-mtu',
  },
  'provider:network_type': administrators,
  'provider:physical_network': administrators,
  'provider:segmentation_id': administrators,
  port_security_enabled: {
    create: true,
    update: true,
    default: true,
    convert: toBoolean,
    policy: 'anyone',
    extension: 'port-security',
  },
  availability_zone_hints: {
    create: true,
    default: [],
    check: noZones,
    extension: 'network_availability_zone',
  },
  availability_zones: { extension: 'network_availability_zone' },
  ...standardAttributes,
};

/** Networks. */
export function networks(cloud: Cloud): Resource<NetworkRecord, NetworkWish> {
  const { state } = cloud;
  const knownAttributes = known(attributes, extensionAliases(cloud.profile));
  const document = (record: NetworkRecord, isNew = false): Json =>
    shown(knownAttributes, {
      ...standardDocument(record, ownerId(cloud, record.own)),
      subnets: subnetsOf(state, record.id)
        .map(({ id }) => id)
        .sort(),
      admin_state_up: record.adminStateUp,
      status: 'ACTIVE',
      shared: record.shared,
      'router:external': record.external,
      ...(record.external || isNew ? { is_default: false } : {}),
      mtu: record.mtu,
      port_security_enabled: record.portSecurity,
      availability_zone_hints: [],
      availability_zones: [],
    });
  return {
    name: 'network',
    collection: 'networks',
    attributes: knownAttributes,
    filters: standardFilters,
    unknownMarker: networkNotFound,
    documents: () => state.networks.all().map((record) => document(record)),
    find: (id) => state.networks.get(id),
    document,
    notFound: networkNotFound,
    isOwn: ({ own }) => own,
    create: (wishes) => wishes.map((wish) => createNetwork(cloud, wish)),
    update: (record, changes) => {
      const updated = Object.keys(changes).length === 0 ? record : revised(record);
      return put(cloud, { ...updated, ...changed(changes, record) });
    },
    remove: ({ id }) => {
      removeNetwork(cloud, id);
    },
  };
}

function createNetwork(cloud: Cloud, wish: NetworkWish): NetworkRecord {
  const { state } = cloud;
  const now = Date.now();
  const record: NetworkRecord = {
    id: randomUUID(),
    order: state.nextNumber(),
    name: '',
    description: '',
    tags: [],
    createdAt: now,
    updatedAt: now,
    revision: 1,
    own: true,
    adminStateUp: true,
    external: false,
    shared: false,
    mtu: MAX_MTU,
    portSecurity: true,
  };
  return put(cloud, { ...record, ...changed(wish, record) });
}

function changed(wish: Partial<NetworkWish>, record: NetworkRecord): Partial<NetworkRecord> {
  return {
    name: wish.name ?? record.name,
    description: wish.description ?? record.description,
    adminStateUp: wish.admin_state_up ?? record.adminStateUp,
    mtu: mtuOf(wish.mtu, record.mtu),
    portSecurity: wish.port_security_enabled ?? record.portSecurity,
  };
}

/** There are no zones to hint at. */
function noZones(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `'${pythonStr(value)}' is not a list`;
  if (value.length === 0) return undefined;
  throw neutronFault(
    404,
    'AvailabilityZoneNotFound',
    `AvailabilityZone ${value.map(pythonStr).join(', ')} could not be found.`,
  );
}

/** 0 is the largest that the network can carry. */
function mtuOf(wanted: number | undefined, current: number): number {
  if (wanted === undefined) return current;
  if (wanted > MAX_MTU) {
    throw invalidInput(`Requested MTU is too big, maximum is ${MAX_MTU}`);
  }
  return wanted === 0 ? MAX_MTU : wanted;
}

function put({ state }: Cloud, record: NetworkRecord): NetworkRecord {
  state.networks.put(record.id, record);
  return record;
}

/** A network goes with its subnets, but not with ports. */
function removeNetwork({ state }: Cloud, id: string): void {
  const ports = state.ports
    .all()
    .filter(({ networkId }) => networkId === id)
    .map((port) => port.id)
    .sort();
  if (ports.length > 0) {
    throw neutronFault(
      409,
      'NetworkInUse',
      `Unable to complete operation on network ${id}. There are one or more ports still in use ` +
        `on the network, id for these ports is: ${ports.join(',')}.`,
    );
  }
  for (const subnet of subnetsOf(state, id)) state.subnets.remove(subnet.id);
  state.networks.remove(id);
}
