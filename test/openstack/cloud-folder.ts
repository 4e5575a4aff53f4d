import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** A running OpenStack, as its folder tells. */
export interface OpenStack {
  region: string;
  /** Of every account: the ordinary one `demo` (project `demo`), `admin`, and the services' own. */
  password: string;
  /** What the Rackspace-style front takes for the user `demo`. */
  apiKey: string;
  ports: Record<PortName, number>;
}

/** The ports of one cloud, all on 127.0.0.1. */
export const portNames = [
  'KEYSTONE_PORT',
  'KEYSTONE_V2_PORT',
  'SWIFT_PORT',
  'SWIFT_ACCOUNT_PORT',
  'SWIFT_CONTAINER_PORT',
  'SWIFT_OBJECT_PORT',
  'GLANCE_PORT',
  'PLACEMENT_PORT',
  'NEUTRON_PORT',
  'NOVA_PORT',
  'NOVA_METADATA_PORT',
  'MEMCACHED_PORT',
  'RABBITMQ_PORT',
  'RABBITMQ_DIST_PORT',
  'EPMD_PORT',
] as const;

export type PortName = (typeof portNames)[number];

/** `KUBEUP_OPENSTACK_DIR`, default `/var/lib/kubeup-openstack`: everything that the cloud writes. */
export function cloudFolder(): string {
  return path.resolve(process.env.KUBEUP_OPENSTACK_DIR || '/var/lib/kubeup-openstack');
}

/** The file whose being there says that the cloud is ready for use. */
export function readyFile(folder: string): string {
  return path.join(folder, 'ready');
}

export function descriptionFile(folder: string): string {
  return path.join(folder, 'openstack.json');
}

/** What `start` wrote down of the cloud in this folder. */
export async function readOpenStack(folder: string): Promise<OpenStack> {
  return JSON.parse(await readFile(descriptionFile(folder), 'utf8')) as OpenStack;
}

/** Where Identity v3 answers. */
export function identityV3Url({ ports }: OpenStack): string {
  return `http://127.0.0.1:${ports.KEYSTONE_PORT}/v3`;
}

/** Where the Rackspace-style Identity v2 answers. */
export function identityV2Url({ ports }: OpenStack): string {
  return `http://127.0.0.1:${ports.KEYSTONE_V2_PORT}/v2.0`;
}
