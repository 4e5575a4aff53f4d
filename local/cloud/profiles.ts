/** Which cloud is spoken for. */
export type ProfileName = 'openstack' | 'rackspace';

/** How many requests of a kind an account may make in a window. */
export interface RateLimit {
  /** HTTP method. */
  verb: string;
  /** Regular expression on the service and the path after its prefix: `compute /servers`. */
  regex: string;
  value: number;
  windowSeconds: number;
}

/** Limits of the account; -1 is unlimited. */
export interface Quota {
  instances: number;
  cores: number;
  ramMiB: number;
  keyPairs: number;
  serverGroups: number;
  serverGroupMembers: number;
  metadataItems: number;
  injectedFiles: number;
  injectedFileBytes: number;
  injectedFilePathBytes: number;
  networks: number;
  subnets: number;
  ports: number;
  securityGroups: number;
}

/** What differs between the clouds. */
export interface Profile {
  name: ProfileName;
  region: string;
  username: string;
  projectName: string;
  /** Keystone's default is one hour; Rackspace's tokens live a day. */
  tokenLifetimeSeconds: number;
  /** Whether `OpenStack-API-Version` is listened to. */
  microversions: boolean;
  /** Whether networks, subnets and ports have description, tags, timestamps and revisions. */
  standardAttributes: boolean;
  rateLimits: RateLimit[];
  quota: Quota;
}

/** Rackspace's two networks for everyone; name any network at boot and both must be named too. */
export const PUBLIC_NET = '00000000-0000-0000-0000-000000000000';
export const SERVICE_NET = '11111111-1111-1111-1111-111111111111';

/** Nova, Neutron and Keystone as they come, with room for a large cluster. */
const openstack: Profile = {
  name: 'openstack',
  region: 'RegionOne',
  username: 'demo',
  projectName: 'demo',
  tokenLifetimeSeconds: 3600,
  microversions: true,
  standardAttributes: true,
  rateLimits: [],
  quota: {
    instances: 300,
    cores: 1200,
    ramMiB: 1024 * 1024,
    keyPairs: 100,
    serverGroups: 10,
    serverGroupMembers: 10,
    metadataItems: 128,
    injectedFiles: 5,
    injectedFileBytes: 10240,
    injectedFilePathBytes: 255,
    networks: 100,
    subnets: 100,
    ports: 1000,
    securityGroups: 10,
  },
};

/** The public cloud's documented limits: 100 servers, 128 GiB, 10 networks, 250 ports a network. */
const rackspace: Profile = {
  name: 'rackspace',
  region: 'ORD',
  username: 'demo',
  projectName: '812345',
  tokenLifetimeSeconds: 86400,
  microversions: false,
  standardAttributes: false,
  rateLimits: [
    { verb: 'POST', regex: '^compute /servers$', value: 1000, windowSeconds: 86400 },
    { verb: 'POST', regex: '^compute ', value: 100, windowSeconds: 60 },
    { verb: 'GET', regex: '^compute ', value: 1000, windowSeconds: 60 },
    { verb: 'PUT', regex: '^compute ', value: 10, windowSeconds: 60 },
    { verb: 'DELETE', regex: '^compute ', value: 100, windowSeconds: 60 },
  ],
  quota: {
    instances: 100,
    cores: -1,
    ramMiB: 128 * 1024,
    keyPairs: 100,
    serverGroups: 10,
    serverGroupMembers: 10,
    metadataItems: 40,
    injectedFiles: 5,
    injectedFileBytes: 1000,
    injectedFilePathBytes: 255,
    networks: 10,
    subnets: 100,
    ports: 250,
    securityGroups: 0,
  },
};

/** The cloud of that name. */
export function profileOf(name: ProfileName): Profile {
  return name === 'rackspace' ? rackspace : openstack;
}
