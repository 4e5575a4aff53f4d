import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { CallOptions, Cloud, ObjectBody } from '../../cloud/port.js';
import type { Failure } from '../../cluster/errors.js';
import { KubeupError } from '../../cluster/errors.js';

export const NEW_SERVER = {
  name: 'kubernetes-master',
  imageId: 'i',
  flavorId: 'f',
  keyName: 'k',
  networkIds: ['n1'],
  userData:
    '#cloud-config\nwrite_files: [{path: /etc/release-url, content: https://signed.example}]\n',
  metadata: { 'kubeup-cluster': 'kubernetes' },
};

export const TEMP_URL_KEY = 'key-that-signs-urls';

export function bodyOf(content: Buffer): ObjectBody {
  return { open: () => content, bytes: content.length, md5: md5(content) };
}

export function md5(content: Buffer): string {
  return createHash('md5').update(content).digest('hex');
}

/** What the call rejects with, which must be a failure of kubeup's own. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  return (await errorOf(call)).failure;
}

export async function errorOf(call: Promise<unknown>): Promise<KubeupError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof KubeupError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'the call succeeded' });
}

const gzip = { contentType: 'application/gzip' };
const someImage = '11111111-2222-3333-4444-555555555555';
const segment = { name: 's', etag: 'e', bytes: 1 };

/** Every call of the port that asks something of the cloud. */
export const everyCall: Readonly<
  Record<string, (cloud: Cloud, options?: CallOptions) => Promise<unknown>>
> = {
  authenticate: ({ identity }, o) => identity.authenticate(o),
  listServers: ({ compute }, o) => compute.listServers({}, o),
  getServer: ({ compute }, o) => compute.getServer('s1', o),
  createServer: ({ compute }, o) => compute.createServer(NEW_SERVER, o),
  deleteServer: ({ compute }, o) => compute.deleteServer('s1', o),
  findImage: ({ compute }, o) => compute.findImage('debian', o),
  findImageById: ({ compute }, o) => compute.findImage(someImage, o),
  findFlavor: ({ compute }, o) => compute.findFlavor('small', o),
  limits: ({ compute }, o) => compute.limits(o),
  getKeyPair: ({ keyPairs }, o) => keyPairs.get('k', o),
  listKeyPairs: ({ keyPairs }, o) => keyPairs.list(o),
  importKeyPair: ({ keyPairs }, o) => keyPairs.import('k', 'ssh-ed25519 AAAA', o),
  deleteKeyPair: ({ keyPairs }, o) => keyPairs.delete('k', o),
  keepsDescriptions: ({ network }, o) => network.keepsDescriptions(o),
  listNetworks: ({ network }, o) => network.listNetworks({}, o),
  createNetwork: ({ network }, o) => network.createNetwork({ name: 'n' }, o),
  renameNetwork: ({ network }, o) => network.renameNetwork('n1', 'n', o),
  deleteNetwork: ({ network }, o) => network.deleteNetwork('n1', o),
  listSubnets: ({ network }, o) => network.listSubnets({}, o),
  createSubnet: ({ network }, o) =>
    network.createSubnet({ networkId: 'n1', name: 'n', cidr: '10.0.0.0/24' }, o),
  deleteSubnet: ({ network }, o) => network.deleteSubnet('sn1', o),
  networkQuota: ({ network }, o) => network.quota(o),
  headContainer: ({ objectStorage }, o) => objectStorage.headContainer('c', o),
  createContainer: ({ objectStorage }, o) => objectStorage.createContainer('c', {}, o),
  deleteContainer: ({ objectStorage }, o) => objectStorage.deleteContainer('c', o),
  listObjects: ({ objectStorage }, o) => objectStorage.listObjects('c', 'p', o),
  headObject: ({ objectStorage }, o) => objectStorage.headObject('c', 'o', o),
  readText: ({ objectStorage }, o) => objectStorage.readText('c', 'o', 100, o),
  putObject: ({ objectStorage }, o) =>
    objectStorage.putObject('c', 'o', bodyOf(Buffer.from('x')), gzip, o),
  putLargeObject: ({ objectStorage }, o) =>
    objectStorage.putLargeObject('c', 'o', [segment], gzip, o),
  deleteObject: ({ objectStorage }, o) => objectStorage.deleteObject('c', 'o', o),
  tempUrlKeys: ({ objectStorage }, o) => objectStorage.tempUrlKeys(o),
  setTempUrlKey: ({ objectStorage }, o) => objectStorage.setTempUrlKey(TEMP_URL_KEY, o),
  capabilities: ({ objectStorage }, o) => objectStorage.capabilities(o),
};
