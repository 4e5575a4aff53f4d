import type { ReleaseRequest } from './release-request.js';

/** What the user asked for, complete and validated. Plain data: goes into workflow histories, holds no secret. */
export interface ClusterSpec {
  /** Cluster name and prefix of every server's name (`INSTANCE_PREFIX`). */
  name: string;
  /** The cloud account it lives in; named, never its credentials. */
  cloud: CloudReference;
  /** Number of minions (`RAX_NUM_MINIONS`). */
  minions: number;
  /** Image of every server, by name or id (`KUBE_IMAGE`). */
  image: string;
  /** Flavor by name or id (`KUBE_MASTER_FLAVOR`). */
  masterFlavor: string;
  /** Flavor by name or id (`KUBE_MINION_FLAVOR`). */
  minionFlavor: string;
  keyPair: {
    /** `SSH_KEY_NAME`. */
    name: string;
    /** The user's own public key, OpenSSH form; without it kubeup derives a key for the cluster. */
    publicKey?: string;
  };
  network: {
    /** `NOVA_NETWORK_LABEL`. */
    label: string;
    /** IPv4 CIDR (`NOVA_NETWORK`). */
    cidr: string;
  };
  /** Names or ids of networks to attach in front of the cloud network, for clouds where it alone has no way out. */
  attachNetworks: string[];
  /** IPv4 CIDR out of which minion i gets the i-th /24 (`KUBE_NETWORK`). */
  podNetwork: string;
  /** IPv4 CIDR of service addresses (`PORTAL_NET`). */
  portalNet: string;
  dns: { enabled: boolean; serverIp: string; domain: string; replicas: number };
  release: {
    /** Path of `master-release.tar.gz` as the worker sees it. */
    file: string;
    /** Lower-case hex. */
    sha256: string;
    bytes: number;
    /** The built-in sample: installers and manifest, no Kubernetes. */
    sample: boolean;
    /** Version of Kubernetes in it; without one the machines' own reports are all there is to verify. */
    kubernetes?: string;
    /** Object storage container (`CLOUD_FILES_CONTAINER`). */
    container: string;
  };
  /** Server metadata pair, `key=value` (`MASTER_TAG`). */
  masterTag: string;
  /** Server metadata pair, `key=value` (`MINION_TAG`). */
  minionTag: string;
  /** What happens when a step fails and retrying does not help. */
  onFailure: 'hold' | 'fail' | 'rollback';
  /**
   * How far a bring-up goes before it is `Ready`. What lies beyond is not looked at, and shown as not awaited.
   * @default 'ready'
   */
  wait?: WaitFor;
  /** How many ready minions are enough. */
  minReadyMinions: number;
  /** How many times one machine may be replaced in one run. */
  maxReplacements: number;
  /** Seconds a machine has from its creation to its `ready` report, each attempt. */
  machineTimeoutSeconds: number;
}

export type WaitFor =
  /** The machines are ACTIVE and have their addresses; what they do then is not awaited. */
  | 'active'
  /** Their start scripts have reported that they are done. */
  | 'reported'
  /** And Kubernetes, if the release holds it, answers. */
  | 'ready';

/** Names an account without its credentials. */
export interface CloudReference {
  /** Eight hex digits over auth URL, project, region and user: also the worker's task queue, `kubeup-<id>`. */
  accountId: string;
  provider: 'openstack' | 'rackspace';
  region: string;
}

/** Input of the workflow `bringUpCluster`. */
export interface BringUpRequest {
  spec: ClusterSpec;
  /** What to do with minions of a higher index than the spec has: `up` refuses, `scale` deletes. */
  surplus: 'refuse' | 'delete';
  /** Build the release first; the spec's hash and size of it are `unbuilt` then. */
  build?: ReleaseRequest;
}

/** Input of the workflow `tearDownCluster`. */
export interface TearDownRequest {
  name: string;
  cloud: CloudReference;
  /** Container that holds the cluster's release and mailbox. */
  container: string;
  onFailure: 'hold' | 'fail';
}
