import { randomUUID } from 'node:crypto';
import type { Cloud } from '../cloud.js';
import type { NetworkRecord, SubnetRecord } from '../records.js';
import { known, type AttributeMap, type Json } from './attributes.js';
import {
  allocationPools,
  hostRoutes,
  ipAddress,
  nameservers,
  oneOf,
  orNull,
  string,
  subnet as subnetText,
  uuid,
} from './checks.js';
import type { Resource } from './collection.js';
import { extensionAliases } from './extensions.js';
import { networkNotFound, neutronFault, subnetNotFound } from './faults.js';
import { admitOnNetwork } from './network-owner.js';
import {
  ownerId,
  ownership,
  revised,
  shown,
  standardAttributes,
  standardDocument,
  standardFilters,
} from './standard-attributes.js';
import { changedSubnet, plannedSubnet, type SubnetWish } from './subnet-plan.js';
import { toBoolean, toCanonicalAddress, toCanonicalCidr, toInteger, toList } from './values.js';

const attributes: AttributeMap = {
  id: { filter: true, sort: true },
  name: { create: true, update: true, default: '', check: string(255), filter: true, sort: true },
  ip_version: {
    create: true,
    required: true,
    convert: toInteger,
    check: oneOf(4, 6),
    filter: true,
    sort: true,
  },
  network_id: { create: true, required: true, check: uuid, filter: true, sort: true },
  subnetpool_id: { create: true, check: orNull(uuid), filter: true, sort: true },
  prefixlen: { create: true, convert: toInteger },
  cidr: {
    create: true,
    convert: toCanonicalCidr,
    check: subnetText,
    filter: true,
    sort: true,
  },
  gateway_ip: {
    create: true,
    update: true,
    convert: toCanonicalAddress,
    check: orNull(ipAddress),
    filter: true,
    sort: true,
  },
  allocation_pools: { create: true, update: true, check: allocationPools },
  dns_nameservers: { create: true, update: true, convert: toList, check: nameservers },
  host_routes: { create: true, update: true, convert: toList, check: hostRoutes },
  ...ownership,
  enable_dhcp: {
    create: true,
    update: true,
    default: true,
    convert: toBoolean,
    filter: true,
    sort: true,
  },
  // Addresses come from the pools: nothing here advertises routers.
  ipv6_ra_mode: { create: true, check: oneOf(), filter: true, sort: true },
  ipv6_address_mode: { create: true, check: oneOf(), filter: true, sort: true },
  shared: { convert: toBoolean, filter: true },
  ...standardAttributes,
};

/** Subnets. */
export function subnets(cloud: Cloud): Resource<SubnetRecord, SubnetWish> {
  const { state } = cloud;
  const knownAttributes = known(attributes, extensionAliases(cloud.profile));
  const document = (record: SubnetRecord): Json =>
    shown(knownAttributes, {
      ...standardDocument(record, ownerId(cloud, record.own)),
      network_id: record.networkId,
      ip_version: record.ipVersion,
      subnetpool_id: null,
      ipv6_ra_mode: null,
      ipv6_address_mode: null,
      enable_dhcp: record.enableDhcp,
      gateway_ip: record.gatewayIp,
      cidr: record.cidr,
      allocation_pools: record.allocationPools,
      host_routes: record.hostRoutes,
      dns_nameservers: record.dnsNameservers,
    });
  const isVisible = (record: SubnetRecord): boolean =>
    record.own || state.networks.get(record.networkId)?.shared === true;
  return {
    name: 'subnet',
    collection: 'subnets',
    attributes: knownAttributes,
    filters: {
      ...standardFilters,
      // Not shown, but asked for by clients.
      shared: (values) => {
        const wanted = values.map(toBoolean);
        return (document) => {
          const network = state.networks.get(String(document.network_id));
          return wanted.includes(network?.shared ?? false);
        };
      },
    },
    documents: () => state.subnets.all().filter(isVisible).map(document),
    find: (id) => {
      const record = state.subnets.get(id);
      return record !== undefined && isVisible(record) ? record : undefined;
    },
    document,
    notFound: subnetNotFound,
    isOwn: ({ own }) => own,
    admit: ({ network_id: networkId }) => {
      admitOnNetwork(cloud, 'subnet', networkId);
    },
    create: (wishes) => wishes.map((wish) => createSubnet(cloud, wish)),
    update: (record, changes) => {
      const changed = revised({ ...record, ...changedSubnet(record, changes) });
      state.subnets.put(changed.id, changed);
      return changed;
    },
    remove: (record) => {
      removeSubnet(cloud, record);
    },
  };
}

function createSubnet(cloud: Cloud, wish: SubnetWish): SubnetRecord {
  const { state } = cloud;
  const network = state.networks.get(wish.network_id);
  if (network === undefined) throw networkNotFound(wish.network_id);
  const now = Date.now();
  const record: SubnetRecord = {
    id: randomUUID(),
    order: state.nextNumber(),
    name: wish.name,
    description: wish.description ?? '',
    tags: [],
    createdAt: now,
    updatedAt: now,
    revision: 0,
    own: true,
    networkId: network.id,
    ...plannedSubnet(state, wish),
  };
  state.subnets.put(record.id, record);
  reviseNetwork(cloud, network);
  return record;
}

/** A network's subnets are part of it: it is another revision with each that comes or goes. */
function reviseNetwork({ state }: Cloud, network: NetworkRecord): void {
  state.networks.put(network.id, revised(network));
}

function removeSubnet(cloud: Cloud, { id, networkId }: SubnetRecord): void {
  const { state } = cloud;
  const inUse = state.ports
    .all()
    .some((port) => port.fixedIps.some(({ subnetId }) => subnetId === id));
  if (inUse) {
    throw neutronFault(
      409,
      'SubnetInUse',
      `Unable to complete operation on subnet ${id}: ` +
        'One or more ports have an IP allocation from this subnet.',
    );
  }
  state.subnets.remove(id);
  const network = state.networks.get(networkId);
  if (network !== undefined) reviseNetwork(cloud, network);
}
