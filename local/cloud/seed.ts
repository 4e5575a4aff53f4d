import { seededUuid } from './ids.js';
import type { ImageFiles } from './images/image-files.js';
import { newImage } from './images/new-image.js';
import { PUBLIC_NET, SERVICE_NET, type Profile } from './profiles.js';
import type { FlavorRecord, NetworkRecord, SubnetRecord } from './records.js';
import type { State } from './state.js';

/** Puts into a new cloud what every new cloud has: images, flavors, the cloud's own networks. */
export function seed(state: State, imageFiles: ImageFiles, profile: Profile): void {
  state.transaction(() => {
    addImages(state, imageFiles);
    if (state.settings.get('seeded') === true) return;
    const now = Date.now();
    for (const flavor of flavors(profile)) state.flavors.put(flavor.id, flavor);
    if (profile.name === 'rackspace') {
      addNetwork(state, PUBLIC_NET, 'public', '198.18.0.0/16', now, { shared: true });
      addNetwork(state, SERVICE_NET, 'private', '10.176.0.0/16', now, { shared: true });
    } else {
      addNetwork(state, seededUuid('public'), 'public', '203.0.113.0/24', now, { external: true });
      addDefaultSecurityGroup(state, now);
    }
    state.settings.put('seeded', true);
  });
}

/** Their bytes are no system: whatever boots is not read from them. */
const IMAGE_BYTES = Buffer.alloc(1024);

/** Clouds of before images had bytes get theirs anew. */
function addImages(state: State, files: ImageFiles): void {
  const add = (name: string, distro: string, version: string, id: string): void => {
    if (state.images.get(id)?.data) return;
    state.images.put(id, {
      ...newImage(IMAGE_OWNER, id),
      name,
      status: 'active',
      visibility: 'public',
      minRamMiB: 512,
      minDiskGiB: 5,
      diskFormat: 'raw',
      containerFormat: 'bare',
      properties: { os_distro: distro, os_version: version, os_type: 'linux' },
      data: files.put(id, IMAGE_BYTES),
    });
  };
  const trusty = 'Ubuntu 14.04 LTS (Trusty Tahr) (PVHVM)';
  add('Ubuntu 24.04', 'ubuntu', '24.04', seededUuid('Ubuntu 24.04'));
  add(trusty, 'ubuntu', '14.04', '255df5fb-e3d4-45a3-9a07-c976debf7c14');
  add('Debian 12', 'debian', '12', seededUuid('Debian 12'));
}

/** The cloud's own project. */
const IMAGE_OWNER = seededUuid('image-owner').replaceAll('-', '');

/** Rackspace's flavors are known by id and have a display name; elsewhere it is the other way. */
function flavors(profile: Profile): FlavorRecord[] {
  const flavor = (id: string, name: string, ramMiB: number, vcpus: number, diskGiB: number) => ({
    id,
    name,
    ramMiB,
    vcpus,
    diskGiB,
    extraSpecs: {},
  });
  const performance = [1, 2, 4, 8].map((gib) => {
    const code = `performance1-${gib}`;
    const vcpus = gib === 1 ? 1 : gib;
    return profile.name === 'rackspace'
      ? flavor(code, `${gib} GB Performance`, gib * 1024, vcpus, 20 * Math.min(gib, 2))
      : flavor(seededUuid(code), code, gib * 1024, vcpus, 20 * Math.min(gib, 2));
  });
  return [
    flavor('2', 'm1.small', 2048, 1, 20),
    flavor('3', 'm1.medium', 4096, 2, 40),
    ...performance,
  ];
}

function addNetwork(
  state: State,
  id: string,
  name: string,
  cidr: string,
  now: number,
  kind: { shared?: boolean; external?: boolean },
): void {
  const standard = {
    description: '',
    tags: [],
    createdAt: now,
    updatedAt: now,
    revision: 1,
    order: state.nextNumber(),
    own: false,
  };
  const network: NetworkRecord = {
    ...standard,
    id,
    name,
    adminStateUp: true,
    external: kind.external ?? false,
    shared: kind.shared ?? false,
    mtu: 1500,
    portSecurity: true,
  };
  const base = cidr.split('/')[0]!.split('.').slice(0, 2).join('.');
  const small = cidr.endsWith('/24');
  const subnet: SubnetRecord = {
    ...standard,
    id: seededUuid(`${name}-subnet`),
    name: `${name}-subnet`,
    networkId: id,
    cidr,
    ipVersion: 4,
    gatewayIp: small ? cidr.replace('0/24', '1') : `${base}.0.1`,
    enableDhcp: false,
    allocationPools: [
      small
        ? { start: cidr.replace('0/24', '2'), end: cidr.replace('0/24', '254') }
        : { start: `${base}.0.2`, end: `${base}.255.254` },
    ],
    dnsNameservers: [],
    hostRoutes: [],
  };
  state.networks.put(network.id, network);
  state.subnets.put(subnet.id, subnet);
}

function addDefaultSecurityGroup(state: State, now: number): void {
  const id = seededUuid('default-security-group');
  const rule = (direction: 'ingress' | 'egress', ethertype: 'IPv4' | 'IPv6') => ({
    id: seededUuid(`${direction}-${ethertype}`),
    direction,
    ethertype,
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_group_id: direction === 'ingress' ? id : null,
    description: null,
    createdAt: now,
  });
  state.securityGroups.put(id, {
    id,
    name: 'default',
    description: 'Default security group',
    tags: [],
    createdAt: now,
    updatedAt: now,
    revision: 1,
    rules: [
      rule('ingress', 'IPv4'),
      rule('ingress', 'IPv6'),
      rule('egress', 'IPv4'),
      rule('egress', 'IPv6'),
    ],
  });
}
