import type { Cloud } from '../cloud.js';
import type { PortRecord } from '../records.js';
import { known, type AttributeMap, type Json } from './attributes.js';
import { addressPairs } from './address-pairs.js';
import { fixedIps, macAddress, oneOf, orNull, string, uuid, uuidList } from './checks.js';
import type { Resource } from './collection.js';
import { extensionAliases } from './extensions.js';
import { networkNotFound, neutronFault, portNotFound } from './faults.js';
import { admitOnNetwork } from './network-owner.js';
import { addressesFor, type FixedIpWish } from './port-addresses.js';
import { checkedProtection, newProtection, type ProtectionWish } from './port-protection.js';
import { addPort } from './port-store.js';
import {
  ownerId,
  ownership,
  revised,
  shown,
  standardAttributes,
  standardDocument,
  standardFilters,
} from './standard-attributes.js';
import { toBoolean, toList, toPairs } from './values.js';

/** A port as it may be asked for. */
interface PortWish extends ProtectionWish {
  name: string;
  description?: string;
  network_id: string;
  admin_state_up: boolean;
  /** Null, like unsaid, draws one. */
  mac_address?: string | null;
  fixed_ips?: FixedIpWish[];
  device_id: string;
  device_owner: string;
  'binding:vnic_type'?: string;
}

const VNIC_TYPES = [
  'normal',
  'direct',
  'macvtap',
  'baremetal',
  'direct-physical',
  'virtio-forwarder',
  'smart-nic',
  'accelerator-direct',
  'accelerator-direct-physical',
  'vdpa',
  'remote-managed',
];

const attributes: AttributeMap = {
  id: { filter: true, sort: true },
  name: { create: true, update: true, default: '', check: string(255), filter: true, sort: true },
  network_id: { create: true, required: true, check: uuid, filter: true, sort: true },
  admin_state_up: {
    create: true,
    update: true,
    default: true,
    convert: toBoolean,
    filter: true,
    sort: true,
  },
  mac_address: {
    create: true,
    update: true,
    check: orNull(macAddress),
    filter: true,
    sort: true,
    policy: { create: 'network owner', update: 'admin' },
  },
  fixed_ips: { create: true, update: true, check: fixedIps, policy: 'network owner' },
  device_id: {
    create: true,
    update: true,
    default: '',
    check: string(255),
    filter: true,
    sort: true,
  },
  device_owner: {
    create: true,
    update: true,
    default: '',
    check: string(255),
    filter: true,
    sort: true,
    policy: 'anyone',
  },
  ...ownership,
  status: { filter: true, sort: true },
  security_groups: {
    create: true,
    update: true,
    convert: toList,
    check: uuidList,
    filter: true,
    extension: 'security-group',
  },
  allowed_address_pairs: {
    create: true,
    update: true,
    convert: toList,
    check: addressPairs,
    policy: 'network owner',
    extension: 'allowed-address-pairs',
  },
  'binding:vnic_type': {
    create: true,
    update: true,
    default: 'normal',
    check: oneOf(...VNIC_TYPES),
    policy: 'anyone',
    extension: 'binding',
  },
  'binding:host_id': {
    create: true,
    update: true,
    filter: true,
    policy: 'admin',
    extension: 'binding',
  },
  'binding:profile': { create: true, update: true, policy: 'admin', extension: 'binding' },
  port_security_enabled: {
    create: true,
    update: true,
    convert: toBoolean,
    policy: 'network owner',
    extension: 'port-security',
  },
  ...standardAttributes,
};

/** Ports; all are the project's. */
export function ports(cloud: Cloud): Resource<PortRecord, PortWish> {
  const { state } = cloud;
  const knownAttributes = known(attributes, extensionAliases(cloud.profile));
  const document = (record: PortRecord): Json =>
    shown(knownAttributes, {
      ...standardDocument(record, ownerId(cloud, true)),
      network_id: record.networkId,
      mac_address: record.macAddress,
      admin_state_up: record.adminStateUp,
      status: record.status,
      device_id: record.deviceId,
      device_owner: record.deviceOwner,
      fixed_ips: record.fixedIps.map(({ subnetId, ip }) => ({
        subnet_id: subnetId,
        ip_address: ip,
      })),
      security_groups: record.securityGroups,
      allowed_address_pairs: record.allowedAddressPairs,
      'binding:vnic_type': record.vnicType ?? 'normal',
      port_security_enabled: record.portSecurity,
    });
  return {
    name: 'port',
    collection: 'ports',
    attributes: knownAttributes,
    filters: { ...standardFilters, fixed_ips: fixedIpsFilter },
    unknownMarker: portNotFound,
    documents: () => state.ports.all().map(document),
    find: (id) => state.ports.get(id),
    document,
    notFound: portNotFound,
    isOwn: () => true,
    ownsNetwork: (item) => state.networks.get(String(item.network_id))?.own === true,
    admit: ({ network_id: networkId }) => {
      admitOnNetwork(cloud, 'port', networkId);
    },
    create: (wishes) => wishes.map((wish) => createPort(cloud, wish)),
    update: (record, changes) => {
      const changed = { ...record, ...changesOf(cloud, record, changes) };
      const updated = Object.keys(changes).length === 0 ? changed : revised(changed);
      state.ports.put(updated.id, updated);
      return updated;
    },
    remove: ({ id }) => {
      state.ports.remove(id);
    },
  };
}

function createPort(cloud: Cloud, wish: PortWish): PortRecord {
  const { state } = cloud;
  const { network_id: networkId, mac_address: macAddress } = wish;
  const network = state.networks.get(networkId);
  if (network === undefined) throw networkNotFound(networkId);
  if (macAddress) refuseMacInUse(cloud, networkId, macAddress);
  const port = addPort(state, {
    name: wish.name,
    description: wish.description ?? '',
    networkId,
    fixedIps: addressesFor(state, networkId, wish.fixed_ips),
    adminStateUp: wish.admin_state_up,
    deviceId: wish.device_id,
    deviceOwner: wish.device_owner,
    vnicType: wish['binding:vnic_type'],
    ...(macAddress ? { macAddress } : {}),
  });
  const complete = { ...port, ...newProtection(cloud, network, port, wish) };
  state.ports.put(complete.id, complete);
  return complete;
}

function changesOf(
  cloud: Cloud,
  record: PortRecord,
  changes: Partial<PortWish>,
): Partial<PortRecord> {
  return {
    name: changes.name ?? record.name,
    description: changes.description ?? record.description,
    adminStateUp: changes.admin_state_up ?? record.adminStateUp,
    deviceId: changes.device_id ?? record.deviceId,
    deviceOwner: changes.device_owner ?? record.deviceOwner,
    vnicType: changes['binding:vnic_type'] ?? record.vnicType,
    fixedIps:
      changes.fixed_ips === undefined
        ? record.fixedIps
        : addressesFor(cloud.state, record.networkId, changes.fixed_ips, record.fixedIps),
    ...checkedProtection(cloud, record, changes),
  };
}

function refuseMacInUse(cloud: Cloud, networkId: string, macAddress: string): void {
  const inUse = cloud.state.ports
    .all()
    .some((port) => port.networkId === networkId && port.macAddress === macAddress);
  if (!inUse) return;
  throw neutronFault(
    409,
    'MacAddressInUse',
    `Unable to complete operation for network ${networkId}. ` +
      `The mac address ${macAddress} is in use.`,
  );
}

/** `fixed_ips=ip_address=…`, `fixed_ips=subnet_id=…`, `fixed_ips=ip_address_substr=…` */
function fixedIpsFilter(values: string[]): (document: Json) => boolean {
  const pairs = toPairs(values);
  const addresses = pairs.get('ip_address');
  const subnetIds = pairs.get('subnet_id');
  const parts = pairs.get('ip_address_substr');
  return (document) => {
    const fixed = document.fixed_ips as { subnet_id: string; ip_address: string }[];
    return (
      (addresses === undefined || fixed.some((ip) => addresses.includes(ip.ip_address))) &&
      (subnetIds === undefined || fixed.some((ip) => subnetIds.includes(ip.subnet_id))) &&
      (parts === undefined ||
        fixed.some((ip) => parts.some((part) => ip.ip_address.includes(part))))
    );
  };
}
