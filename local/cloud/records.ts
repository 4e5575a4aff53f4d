/** The account: one user in one project, made on the first start. */
export interface AccountRecord {
  username: string;
  userId: string;
  password: string;
  apiKey: string;
  projectName: string;
  projectId: string;
  applicationCredential: { id: string; secret: string };
  roles: { id: string; name: string }[];
  /** Signs tokens. */
  tokenKey: string;
}

/** A secret that logs in as its user, scoped to one project; the secret itself is kept as a hash. */
export interface ApplicationCredentialRecord {
  id: string;
  name: string;
  description: string | null;
  secretHash: string;
  /** Milliseconds since the epoch, or null: never. */
  expiresAt: number | null;
  unrestricted: boolean | null;
}

/** What a server does next by itself, and when (milliseconds since the epoch). */
export interface Transition {
  step: 'network' | 'spawn' | 'finish' | 'fail' | 'stopped' | 'running' | 'unplug' | 'gone' | Task;
  at: number;
}

/** Steps of what is done to a server between its build and its end. */
export type Task =
  | 'paused'
  | 'unpaused'
  | 'suspended'
  | 'resumed'
  | 'rescued'
  | 'unrescued'
  | 'shelving'
  | 'imaged'
  | 'shelved'
  | 'offloaded'
  | 'scheduled'
  | 'unshelved'
  | 'migrating'
  | 'migrated'
  | 'resized'
  | 'reverted'
  | 'wiped'
  | 'rebuilt';

/** Nova's VM states, but for those that no server here is ever in. */
export type VmState =
  | 'building'
  | 'active'
  | 'stopped'
  | 'paused'
  | 'suspended'
  | 'rescued'
  | 'shelved'
  | 'shelved_offloaded'
  | 'resized'
  | 'error'
  | 'deleted';

/** A requested network attachment of a server. */
export interface RequestedNetwork {
  networkId: string;
  portId?: string;
  fixedIp?: string;
}

/** The guest program of a server: still to be run to its end, finished, or never run. */
export type GuestState = 'none' | 'pending' | 'finished' | 'silent';

/** A server. Its user data lies in a table of its own, because lists read every server. */
export interface ServerRecord {
  id: string;
  /** Grows with every server: lists are newest first. */
  order: number;
  /** Shared by the servers of one create. */
  reservationId?: string;
  name: string;
  hostname: string;
  description: string | null;
  createdAt: number;
  updatedAt: number;
  launchedAt: number | null;
  terminatedAt: number | null;
  /** The server group it was asked to be in. */
  groupId?: string;
  imageId: string;
  flavorId: string;
  keyName: string | null;
  metadata: Record<string, string>;
  tags: string[];
  securityGroups: string[];
  configDrive: boolean;
  diskConfig: 'AUTO' | 'MANUAL';
  accessIPv4: string;
  accessIPv6: string;
  requestedNetworks: RequestedNetwork[];
  hostId: string;
  availabilityZone: string;
  vmState: VmState;
  taskState: string | null;
  powerState: number;
  progress: number;
  locked: boolean;
  fault: { code: number; created: number; message: string } | null;
  next: Transition | null;
  buildMs: number;
  buildEnd: 'active' | 'error' | 'never';
  guest: GuestState;
  /** The least disk that a flavor must have: that of the image, or of the flavor that the disk was made with. */
  minDiskGiB?: number;
  /** A resize that is neither confirmed nor reverted yet: the flavor that the server does not have now. */
  resize?: { otherFlavorId: string; wasStopped: boolean };
  /** The image of the server that is made when it is shelved, and deleted when it no longer is. */
  shelvedImageId?: string;
  /** Counts boots, so that a guest of an earlier boot cannot finish a later one. */
  boots: number;
}

/** What a server was given at its creation and lists never show. */
export interface ServerInput {
  userData: string | null;
  publicKeys: Record<string, string>;
  personality: { path: string; contents: string }[];
}

/** One thing done to a server, as `os-instance-actions` tells. */
export interface ActionRecord {
  action: string;
  requestId: string;
  at: number;
}

/** An SSH key pair; only its public half is kept. */
export interface KeyPairRecord {
  number: number;
  name: string;
  publicKey: string;
  fingerprint: string;
  createdAt: number;
}

/** Servers that are to share a host, or not to. */
export interface ServerGroupRecord {
  id: string;
  number: number;
  name: string;
  policy: 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity';
  /** Of `anti-affinity`; null when nothing was said, which is one. */
  maxServersPerHost: number | null;
}

/** A flavor; `ramMiB` and `diskGiB` are Nova's `ram` and `disk`. */
export interface FlavorRecord {
  id: string;
  name: string;
  ramMiB: number;
  diskGiB: number;
  vcpus: number;
  extraSpecs: Record<string, string>;
}

/** The bytes of an image, in a file of their own. */
export interface ImageData {
  bytes: number;
  md5: string;
  sha512: string;
  /** Of the disk in the image; null where its format does not tell. */
  virtualBytes: number | null;
}

/** A project that an image is shared with. */
export interface ImageMemberRecord {
  projectId: string;
  status: 'pending' | 'accepted' | 'rejected';
  createdAt: number;
  updatedAt: number;
}

/** An image; `minRamMiB` and `minDiskGiB` are Glance's `min_ram` and `min_disk`. */
export interface ImageRecord {
  id: string;
  name: string | null;
  /** `saving` while its bytes come. */
  status: 'queued' | 'saving' | 'active' | 'deactivated';
  visibility: 'public' | 'private' | 'shared' | 'community';
  /** The project that it belongs to. */
  owner: string;
  protected: boolean;
  hidden: boolean;
  minRamMiB: number;
  minDiskGiB: number;
  diskFormat: string | null;
  containerFormat: string | null;
  tags: string[];
  properties: Record<string, string | null>;
  members: ImageMemberRecord[];
  data: ImageData | null;
  createdAt: number;
  updatedAt: number;
}

/** A snapshot of a server that is being taken. */
export interface SnapshotRecord {
  imageId: string;
  /** How many backups of a type are kept; null of a snapshot that is no backup. */
  backup: { type: string; rotation: number } | null;
}

interface StandardAttributes {
  id: string;
  name: string;
  description: string;
  tags: string[];
  createdAt: number;
  updatedAt: number;
  revision: number;
}

/** A network. */
export interface NetworkRecord extends StandardAttributes {
  order: number;
  adminStateUp: boolean;
  external: boolean;
  shared: boolean;
  mtu: number;
  portSecurity: boolean;
  /** Whether the project owns it; networks of the cloud itself are visible but not deletable. */
  own: boolean;
}

/** A subnet. */
export interface SubnetRecord extends StandardAttributes {
  order: number;
  networkId: string;
  cidr: string;
  ipVersion: 4 | 6;
  gatewayIp: string | null;
  enableDhcp: boolean;
  allocationPools: { start: string; end: string }[];
  dnsNameservers: string[];
  hostRoutes: { destination: string; nexthop: string }[];
  own: boolean;
}

/** A port. */
export interface PortRecord extends StandardAttributes {
  order: number;
  networkId: string;
  macAddress: string;
  adminStateUp: boolean;
  status: 'ACTIVE' | 'DOWN';
  deviceId: string;
  deviceOwner: string;
  fixedIps: { subnetId: string; ip: string }[];
  securityGroups: string[];
  allowedAddressPairs: { ip_address: string; mac_address: string }[];
  portSecurity: boolean;
  /** Kind of network card; `normal` when nothing was said. */
  vnicType?: string;
  /** Made by Compute for a server, and removed with it. */
  madeByCompute: boolean;
}

/** A security group rule, in Neutron's own field names. */
export interface SecurityGroupRule {
  id: string;
  direction: 'ingress' | 'egress';
  ethertype: 'IPv4' | 'IPv6';
  protocol: string | null;
  port_range_min: number | null;
  port_range_max: number | null;
  remote_ip_prefix: string | null;
  remote_group_id: string | null;
  /** Null of the rules that a group is made with. */
  description: string | null;
  createdAt: number;
}

/** A security group. */
export interface SecurityGroupRecord extends StandardAttributes {
  /** Whether answers pass by themselves; true when nothing was said. */
  stateful?: boolean;
  rules: SecurityGroupRule[];
}

/** An object storage account; metadata under the whole lower-case header names. */
export interface StorageAccountRecord {
  createdAt: number;
  metadata: Record<string, string>;
  containers: number;
  objects: number;
  bytes: number;
}

/** A container, with its running totals; metadata and ACLs under the whole lower-case header names. */
export interface ContainerRecord {
  name: string;
  createdAt: number;
  modifiedAt: number;
  metadata: Record<string, string>;
  objects: number;
  bytes: number;
}

/** An object. Its bytes lie in the file `file`; an object without bytes has none. */
export interface ObjectRecord {
  container: string;
  name: string;
  file: string | null;
  /** MD5 of the bytes; of a static large object, of its manifest. */
  etag: string;
  bytes: number;
  contentType: string;
  modifiedAt: number;
  /** Metadata and what else is kept, under the whole lower-case header names. */
  headers: Record<string, string>;
  /** Seconds since the epoch. */
  deleteAt: number | null;
  /** What the object's bytes are the manifest of: MD5 of its segments' ETags, and their bytes. */
  staticLargeObject?: { etag: string; bytes: number };
}

/** What a fault rule looks for. */
export interface FaultMatch {
  method?: string;
  service?: string;
  path?: string;
}

/** What a fault rule does to a request that it matches. */
export interface FaultAction {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  delayMs?: number;
  drop?: 'before' | 'after';
  hang?: boolean;
}

/** A fault rule with what is left of it. */
export interface FaultRule {
  id: string;
  order: number;
  match: FaultMatch;
  after: number;
  times: number;
  hits: number;
  action: FaultAction;
}

/** How servers created from now on behave. */
export interface MachineRule {
  id: string;
  order: number;
  name?: string;
  build?: 'error' | 'never' | number;
  guest?: 'silent' | 'run';
  times: number | null;
}
