/**
 * Every name kubeup gives, and the marks by which it knows its own again.
 * Names are fixed before a call is made, so that a repeated call finds what the first one made.
 */

export type Role = 'master' | 'minion';

/** `<cluster>-master`, `<cluster>-minion-<index>`. */
export function serverName(cluster: string, role: 'master'): string;
export function serverName(cluster: string, role: Role, index: number): string;
export function serverName(cluster: string, role: Role, index = 0): string {
  return role === 'master' ? `${cluster}-master` : `${cluster}-minion-${index}`;
}

/** Keys of the metadata that every server of kubeup carries, beside the original's tag pair. */
export const metadataKeys = {
  /** Cluster name. */
  cluster: 'kubeup-cluster',
  /** `master` or `minion`. */
  role: 'kubeup-role',
  /** `0` for the master, `1`…`N` for minions. */
  index: 'kubeup-index',
  /** First 12 hex digits of the release's sha256. */
  release: 'kubeup-release',
  /** Minted before the create call; names the machine's report. */
  boot: 'kubeup-boot',
  /** Minions only: the master's cloud-network address they were given. */
  master: 'kubeup-master',
  /** Whose it is: tells the root secret that made it from others that use the same name in the same project. */
  owner: 'kubeup-owner',
  /** Container with its mailbox. */
  container: 'kubeup-container',
  /** Label of the cloud network that its address is on. */
  network: 'kubeup-network',
} as const;

/** Key of the mark on a container, as user metadata (lower case, without the service's prefix). */
export const containerMark = 'kubeup-cluster';

/** What a server's metadata says of it; `undefined` when kubeup did not make it. */
export interface ServerMark {
  cluster: string;
  role: Role;
  index: number;
  /** First 12 hex digits; empty when the metadata lacks it. */
  release: string;
  bootId: string;
  /** Empty for the master. */
  master: string;
  owner: string;
  container: string;
  /** Label of the cloud network. */
  network: string;
}

export function readServerMark(metadata: Readonly<Record<string, string>>): ServerMark | undefined {
  const cluster = metadata[metadataKeys.cluster];
  const role = metadata[metadataKeys.role];
  const index = Number(metadata[metadataKeys.index] || NaN);
  if (!cluster || (role !== 'master' && role !== 'minion') || !Number.isSafeInteger(index)) {
    return undefined;
  }
  return {
    cluster,
    role,
    index,
    release: metadata[metadataKeys.release] ?? '',
    bootId: metadata[metadataKeys.boot] ?? '',
    master: metadata[metadataKeys.master] ?? '',
    owner: metadata[metadataKeys.owner] ?? '',
    container: metadata[metadataKeys.container] ?? '',
    network: metadata[metadataKeys.network] ?? '',
  };
}

/** Description of a cloud network that kubeup made. */
export function networkMark(cluster: string): string {
  return `kubeup-cluster=${cluster}`;
}

/** Name of a subnet that kubeup made: the mark where networks keep no descriptions. */
export function subnetName(cluster: string): string {
  return `kubeup/${cluster}`;
}

/** Comment of a public key that kubeup imported. */
export function keyPairComment(cluster: string): string {
  return `kubeup:${cluster}`;
}

/** The cluster a public key (OpenSSH form) was imported for; `undefined` when kubeup did not import it. */
export function clusterOfKeyPair(publicKey: string): string | undefined {
  const comment = publicKey.trim().split(/\s+/).slice(2).join(' ');
  return /^kubeup:(.+)$/.exec(comment)?.[1];
}

/** First 12 hex digits of a release's sha256: enough to tell releases apart, short enough to read. */
export function releaseTag(sha256: string): string {
  return sha256.slice(0, 12);
}

/** Everything of the cluster in its container: releases and reports. */
export function clusterPrefix(cluster: string): string {
  return `devel/${cluster}/`;
}

/** Prefix of every release of the cluster, whatever its hash. */
export function releasePrefix(cluster: string): string {
  return `${clusterPrefix(cluster)}release-`;
}

/** The release as machines download it: the manifest of a static large object. */
export function releaseObject(cluster: string, sha256: string): string {
  return `${releasePrefix(cluster)}${releaseTag(sha256)}/master-release.tar.gz`;
}

export function segmentsPrefix(cluster: string, sha256: string): string {
  return `${releasePrefix(cluster)}${releaseTag(sha256)}/segments/`;
}

/** Segment `n`, from 0; four digits at least, so that names sort as the segments follow. */
export function segmentName(cluster: string, sha256: string, n: number): string {
  return `${segmentsPrefix(cluster, sha256)}${String(n).padStart(4, '0')}`;
}

/** Prefix of every machine's report. */
export function reportsPrefix(cluster: string): string {
  return `${clusterPrefix(cluster)}reports/`;
}

/** The mailbox of one boot of one machine. */
export function reportObject(cluster: string, bootId: string): string {
  return `${reportsPrefix(cluster)}${bootId}`;
}
