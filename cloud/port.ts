/**
 * The cloud as kubeup's activities see it: narrow, typed, promise-based, abortable interfaces.
 * Every method rejects with a `KubeupError` whose failure kind comes from one table (`cloud/failures.ts`, and for what
 * got no answer `cloud/network-failures.ts`).
 * No method retries a mutation: the activity does, after it has looked again.
 */

/** Each call may be aborted; an aborted call rejects with the signal's reason. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** A cloud account, opened: nothing is asked of the cloud until the first call. */
export interface Cloud {
  readonly provider: 'openstack' | 'rackspace';
  readonly region: string;
  readonly identity: Identity;
  readonly compute: Compute;
  readonly keyPairs: KeyPairs;
  readonly network: Network;
  readonly objectStorage: ObjectStorage;
}

export interface Identity {
  /** Logs in afresh, as `nova list` would: tells whether credentials, project and region are right. */
  authenticate(options?: CallOptions): Promise<void>;
}

/** Nova's server states that kubeup tells apart; any other string of the cloud is passed through. */
export interface Server {
  id: string;
  name: string;
  /** `BUILD`, `ACTIVE`, `ERROR`, `DELETED`, `SHUTOFF`, `REBOOT`, … */
  status: string;
  /** ISO 8601. */
  created: string;
  metadata: Record<string, string>;
  /** Empty when it was booted from a volume. */
  imageId: string;
  flavorId: string;
  /** IPv4 addresses by network label. */
  addresses: Record<string, string[]>;
  /** The cloud's words on why the server is in ERROR. */
  fault?: string;
  /** Nova is already deleting it (`OS-EXT-STS:task_state` is `deleting`). */
  deleting: boolean;
}

export interface ServerRequest {
  name: string;
  imageId: string;
  flavorId: string;
  keyName: string;
  /** Network ids in the order of the machine's interfaces; the cloud network comes last. */
  networkIds: string[];
  /** Raw user-data, at most 49,149 bytes (more is refused by the cloud); sent as base64. */
  userData: string;
  metadata: Record<string, string>;
}

export interface Image {
  id: string;
  name: string;
  /** `active` when it can be booted. */
  status: string;
}

export interface Flavor {
  id: string;
  name: string;
  ramMiB: number;
  vcpus: number;
}

/** What the project may use and uses; `undefined` means the cloud sets no limit or does not say. */
export interface ComputeLimits {
  instances: { limit?: number; used: number };
  cores: { limit?: number; used: number };
  ramMiB: { limit?: number; used: number };
}

export interface Compute {
  /**
   * All servers of the project, pages followed. With `name`, only those of exactly that name (Nova's own
   * filter is a regular expression: it is anchored and escaped, and the answer is checked again).
   */
  listServers(filter?: { name?: string }, options?: CallOptions): Promise<Server[]>;
  /** `undefined` when the cloud does not know it (404). */
  getServer(id: string, options?: CallOptions): Promise<Server | undefined>;
  /** One POST, with config drive. Nova has no idempotency token: look before calling. */
  createServer(request: ServerRequest, options?: CallOptions): Promise<{ id: string }>;
  /** Powers a server on that is `SHUTOFF`; it takes a while. One that is on, or being started, is no error. */
  startServer(id: string, options?: CallOptions): Promise<void>;
  /** An absent server is no error. The server lingers: list until it is gone. */
  deleteServer(id: string, options?: CallOptions): Promise<void>;
  /** By id or by exact name; `undefined` when there is none. Two of one name are an error naming both ids. */
  findImage(nameOrId: string, options?: CallOptions): Promise<Image | undefined>;
  findFlavor(nameOrId: string, options?: CallOptions): Promise<Flavor | undefined>;
  limits(options?: CallOptions): Promise<ComputeLimits>;
  /** Network ids that must be attached beside any other (Rackspace: PublicNet and ServiceNet). */
  readonly baseNetworkIds: readonly string[];
}

export interface KeyPair {
  name: string;
  /** OpenSSH form, comment included, exactly as it was imported. */
  publicKey: string;
}

export interface KeyPairs {
  get(name: string, options?: CallOptions): Promise<KeyPair | undefined>;
  list(options?: CallOptions): Promise<KeyPair[]>;
  import(name: string, publicKey: string, options?: CallOptions): Promise<KeyPair>;
  /** An absent key pair is no error. */
  delete(name: string, options?: CallOptions): Promise<void>;
}

export interface CloudNetwork {
  id: string;
  name: string;
  /** Empty where the cloud keeps no descriptions. */
  description: string;
  /** Whether it belongs to this project (not shared by another, not external). */
  own: boolean;
}

export interface Subnet {
  id: string;
  networkId: string;
  name: string;
  cidr: string;
  /** Whether it belongs to this project: of a shared network, and to an administrator, all are shown. */
  own: boolean;
}

export interface Network {
  /** Whether networks keep a description here (Neutron extension `standard-attr-description`). */
  keepsDescriptions(options?: CallOptions): Promise<boolean>;
  /** Networks the project can see; with `name`, of exactly that name. */
  listNetworks(filter?: { name?: string }, options?: CallOptions): Promise<CloudNetwork[]>;
  createNetwork(
    request: { name: string; description?: string },
    options?: CallOptions,
  ): Promise<CloudNetwork>;
  renameNetwork(id: string, name: string, options?: CallOptions): Promise<void>;
  /** An absent network is no error; one in use rejects with reason `InUse`. */
  deleteNetwork(id: string, options?: CallOptions): Promise<void>;
  listSubnets(filter?: { networkId?: string }, options?: CallOptions): Promise<Subnet[]>;
  createSubnet(
    request: { networkId: string; name: string; cidr: string },
    options?: CallOptions,
  ): Promise<Subnet>;
  deleteSubnet(id: string, options?: CallOptions): Promise<void>;
  /** Networks quota of the project; `limit` undefined when unlimited or unknown. */
  quota(options?: CallOptions): Promise<{ networks: { limit?: number; used: number } }>;
}

export interface StoredObject {
  name: string;
  /** MD5 in hex, without quotes. For a large object's manifest in a listing: as the cloud lists it. */
  etag: string;
  bytes: number;
  contentType: string;
}

export interface ObjectHead extends StoredObject {
  /** User metadata, lower-case keys without the `x-object-meta-` prefix. */
  metadata: Record<string, string>;
}

export interface ObjectBody {
  /** Opens the body anew for each try; never more than one at a time. */
  open(): NodeJS.ReadableStream | Buffer;
  bytes: number;
  /** MD5 in hex: sent as ETag, so that the cloud refuses a damaged body, and compared with the answer. */
  md5: string;
}

export interface Segment {
  /** Object name inside the same container. */
  name: string;
  /** MD5 in hex. */
  etag: string;
  bytes: number;
}

export interface ObjectStorage {
  /** `undefined` when there is no such container. Metadata keys lower-case, without prefix. */
  headContainer(
    container: string,
    options?: CallOptions,
  ): Promise<{ objects: number; metadata: Record<string, string> } | undefined>;
  createContainer(
    container: string,
    metadata: Record<string, string>,
    options?: CallOptions,
  ): Promise<void>;
  /** An absent container is no error; one that is not empty rejects with reason `InUse`. */
  deleteContainer(container: string, options?: CallOptions): Promise<void>;
  /** Every object under the prefix, all pages. An absent container lists as empty. */
  listObjects(container: string, prefix: string, options?: CallOptions): Promise<StoredObject[]>;
  headObject(
    container: string,
    name: string,
    options?: CallOptions,
  ): Promise<ObjectHead | undefined>;
  /** The first `maxBytes` of an object as text; `undefined` when there is none. For small things only. */
  readText(
    container: string,
    name: string,
    maxBytes: number,
    options?: CallOptions,
  ): Promise<string | undefined>;
  putObject(
    container: string,
    name: string,
    body: ObjectBody,
    attributes: { contentType: string; metadata?: Record<string, string> },
    options?: CallOptions & { onProgress?: (bytesSent: number) => void },
  ): Promise<void>;
  /** Writes a static large object's manifest over segments that are already there. */
  putLargeObject(
    container: string,
    name: string,
    segments: readonly Segment[],
    attributes: { contentType: string; metadata?: Record<string, string> },
    options?: CallOptions,
  ): Promise<void>;
  /** An absent object is no error. Of a large object only the manifest goes. */
  deleteObject(container: string, name: string, options?: CallOptions): Promise<void>;
  /** The account's temp URL keys as they are; never written here. */
  tempUrlKeys(options?: CallOptions): Promise<string[]>;
  /** Sets the first key. The caller has read that there is none. */
  setTempUrlKey(key: string, options?: CallOptions): Promise<void>;
  /** What `/info` says: digests allowed for temp URLs, best first, and the limits of large objects. */
  capabilities(
    options?: CallOptions,
  ): Promise<{ tempUrlDigests: string[]; tempUrlMethods: string[]; maxSegments: number }>;
  /**
   * Signs a URL that needs no token. A secret: never logged, never returned from an activity.
   * @param expires absolute time, seconds since the epoch
   */
  tempUrl(
    method: 'GET' | 'PUT' | 'HEAD',
    container: string,
    name: string,
    key: string,
    expires: number,
    options?: CallOptions & { internal?: boolean },
  ): Promise<string>;
}
