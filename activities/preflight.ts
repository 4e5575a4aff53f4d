import { open } from 'node:fs/promises';
import { MAX_USER_DATA_BYTES, renderUserData, userDataBytes } from '../boot/user-data.js';
import type { Flavor } from '../cloud/port.js';
import { overlaps, parseCidr, podRange } from '../cluster/addressing.js';
import { describeFailure, KubeupError, type Failure } from '../cluster/errors.js';
import { serverName } from '../cluster/names.js';
import { otherRelease } from '../cluster/other-release.js';
import type { BringUpRequest, ClusterSpec } from '../cluster/spec.js';
import { clusterCa } from '../home/certificates.js';
import { sshHostKeys } from '../home/ssh-keys.js';
import type { Dependencies } from './context.js';
import { otherKey } from './keys.js';
import { networkTaken, otherRange } from './network.js';
import { isStored, mostSegments } from './release.js';
import { publicKeyOf, samePublicKey } from './ssh-key.js';
import { survey, type Survey } from './survey.js';

/** What preflight found out that the later steps need: ids instead of names, and what exists. */
export interface Preflight {
  imageId: string;
  masterFlavorId: string;
  minionFlavorId: string;
  /** Networks in front of the cloud network, in the order of the interfaces. */
  frontNetworkIds: string[];
  survey: Survey;
}

/** One thing looked at, for `kubeup preflight`. */
export interface Check {
  name: string;
  failure?: Failure;
}

/** Checks everything a bring-up will need and touches nothing. Rejects with all failures in one. */
export async function preflight(
  dependencies: Dependencies,
  request: BringUpRequest,
): Promise<Preflight> {
  const { checks, found } = await runChecks(dependencies, request);
  const failures = checks.flatMap(({ failure }) => failure ?? []);
  const [first] = failures;
  if (!first) return found as Preflight;
  if (failures.length === 1) throw new KubeupError(first);
  throw new KubeupError({
    ...first,
    kind: failures.some(({ kind }) => kind === 'invalid') ? 'invalid' : first.kind,
    attempted: 'preflight',
    message: failures.map((failure) => describeFailure(failure)).join('\n'),
    cure: 'Mend these, then `kubeup retry`',
  });
}

/** The checks of preflight one by one; `found` is complete only when none failed. */
export async function runChecks(
  dependencies: Dependencies,
  { spec, surplus, build }: BringUpRequest,
): Promise<{ checks: Check[]; found: Partial<Preflight> }> {
  const { cloud } = dependencies;
  const checks: Check[] = [];
  const check = async <T>(name: string, look: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      const value = await look();
      checks.push({ name });
      return value;
    } catch (error) {
      // What will pass is for the activity's retry, not for a person.
      if (!(error instanceof KubeupError) || error.failure.kind === 'transient') throw error;
      checks.push({ name, failure: error.failure });
      return undefined;
    }
  };

  await check('credentials', () => cloud.identity.authenticate());
  if (checks.some(({ failure }) => failure)) return { checks, found: {} };
  if (!build) await check('release file', () => readableRelease(dependencies, spec));
  const image = await check('image', () => usableImage(dependencies, spec.image));
  const master = await check('master flavor', () => usableFlavor(dependencies, spec.masterFlavor));
  const minion = await check('minion flavor', () => usableFlavor(dependencies, spec.minionFlavor));
  const front = await check('networks to attach', () => frontNetworks(dependencies, spec));
  const existing = await check('what exists', () => survey(dependencies, spec));
  await check('address ranges', () => freeRanges(dependencies, spec, front ?? [], existing));
  await check('key pair', () => usableKeyPair(dependencies, spec));
  await check('large objects', () => mostSegments(dependencies));
  await check('temp URLs', () => canSign(dependencies));
  await check('user-data size', () => userDataFits(dependencies, spec));
  if (existing) await check('surplus minions', () => noSurplus(spec, surplus, existing));
  // What is built is known only then.
  if (existing && !build) await check('release of machines', () => sameRelease(spec, existing));
  if (existing && master && minion) {
    await check('quota', () => enoughQuota(dependencies, spec, existing, master, minion));
  }
  return {
    checks,
    found: {
      imageId: image,
      masterFlavorId: master?.id,
      minionFlavorId: minion?.id,
      frontNetworkIds: front,
      survey: existing,
    },
  };
}

/** A release that is in the container is not sent again: nobody needs its file. */
async function readableRelease(dependencies: Dependencies, spec: ClusterSpec): Promise<void> {
  if (await isStored(dependencies, spec)) return;
  const { release } = spec;
  try {
    const file = await open(release.file);
    const { size } = await file.stat().finally(() => file.close());
    if (size === release.bytes) return;
  } catch (error) {
    throw blocked('ReleaseUnreadable', `read release ${release.file}`, String(error), {
      cure: 'Put the file where the worker can read it, then `kubeup retry`',
    });
  }
  throw blocked('ReleaseChanged', `read release ${release.file}`, 'its size has changed', {
    cure: 'Run `kubeup up` again with the file as it is now',
  });
}

async function usableImage({ cloud }: Dependencies, nameOrId: string): Promise<string> {
  const image = await cloud.compute.findImage(nameOrId);
  if (image?.status.toLowerCase() === 'active') return image.id;
  throw blocked(
    'ImageNotFound',
    `look for image ${nameOrId}`,
    image ? `its status is ${image.status}` : 'the cloud has no such image',
    { cure: 'Set KUBE_IMAGE to one of `openstack image list`, then `kubeup up` again' },
  );
}

async function usableFlavor({ cloud }: Dependencies, nameOrId: string): Promise<Flavor> {
  const flavor = await cloud.compute.findFlavor(nameOrId);
  if (flavor) return flavor;
  throw blocked('FlavorNotFound', `look for flavor ${nameOrId}`, 'the cloud has no such flavor', {
    cure: 'Set KUBE_MASTER_FLAVOR / KUBE_MINION_FLAVOR to one of `nova flavor-list`, then `kubeup up` again',
  });
}

async function frontNetworks({ cloud }: Dependencies, spec: ClusterSpec): Promise<string[]> {
  const ids = [...cloud.compute.baseNetworkIds];
  if (spec.attachNetworks.length === 0) return ids;
  const networks = await cloud.network.listNetworks();
  for (const nameOrId of spec.attachNetworks) {
    const found = networks.find(({ id, name }) => id === nameOrId || name === nameOrId);
    if (!found) {
      throw blocked('NetworkNotFound', `look for network ${nameOrId}`, 'there is none', {
        cure: 'Set KUBEUP_ATTACH_NETWORKS to networks of `openstack network list`, then `kubeup up` again',
      });
    }
    ids.push(found.id);
  }
  return ids;
}

async function freeRanges(
  { cloud }: Dependencies,
  spec: ClusterSpec,
  frontIds: readonly string[],
  existing: Survey | undefined,
): Promise<void> {
  const subnets = await cloud.network.listSubnets();
  const mine = subnets.filter(({ networkId }) => networkId === existing?.network?.id);
  if (mine.length > 0 && !mine.some(({ cidr }) => cidr === spec.network.cidr)) {
    throw otherRange(spec.network.label, spec.network.cidr, mine[0]?.cidr ?? '');
  }
  if (existing?.network && mine.length === 0 && !existing.network.own) {
    throw networkTaken(spec.network.label, existing.network.id);
  }
  const ranges = {
    'cloud network': spec.network.cidr,
    'pod network': spec.podNetwork,
    'portal net': spec.portalNet,
  };
  for (const { cidr, networkId } of subnets.filter((subnet) =>
    frontIds.includes(subnet.networkId),
  )) {
    for (const [what, range] of Object.entries(ranges)) {
      const [a, b] = [parseCidr(cidr), parseCidr(range)];
      if (!a || !b || !overlaps(a, b)) continue;
      throw blocked(
        'RangeTaken',
        `use ${range} as ${what}`,
        `network ${networkId}, which every machine is attached to, has ${cidr}`,
        {
          cure: 'Choose another range and `kubeup up` again',
        },
      );
    }
  }
}

async function usableKeyPair(
  { cloud, rootSecret }: Dependencies,
  spec: ClusterSpec,
): Promise<void> {
  const existing = await cloud.keyPairs.get(spec.keyPair.name);
  if (existing && !samePublicKey(existing.publicKey, publicKeyOf(rootSecret, spec))) {
    throw otherKey(spec.keyPair.name);
  }
}

async function canSign({ cloud }: Dependencies): Promise<void> {
  const { tempUrlMethods, tempUrlDigests } = await cloud.objectStorage.capabilities();
  if (tempUrlDigests.length > 0 && ['GET', 'PUT'].every((m) => tempUrlMethods.includes(m))) return;
  throw blocked(
    'TempUrlUnsupported',
    'look for temp URLs',
    'the object storage signs none for GET and PUT',
    {
      cure: 'Ask the provider to enable the tempurl middleware, then `kubeup retry`',
    },
  );
}

/** A signed URL's length: what user-data is measured with before any URL is signed. */
const urlSample = `https://${'x'.repeat(500)}`;

async function userDataFits({ rootSecret }: Dependencies, spec: ClusterSpec): Promise<void> {
  const index = Math.max(1, spec.minions);
  const { certificate } = await clusterCa(rootSecret, spec.name);
  const userData = renderUserData({
    cluster: spec.name,
    role: 'minion',
    index,
    name: serverName(spec.name, 'minion', index),
    podRange: podRange(spec.podNetwork, index),
    podNetwork: spec.podNetwork,
    portalNet: spec.portalNet,
    cloudNetwork: spec.network.cidr,
    dns: spec.dns,
    masterAddress: '255.255.255.255',
    release: { url: urlSample, sha256: spec.release.sha256, bytes: spec.release.bytes },
    reportUrl: urlSample,
    deadline: Math.floor(Date.now() / 1000),
    ca: { certificate },
    joinToken: 'abcdef.0123456789abcdef',
    hostKey: sshHostKeys(rootSecret, spec.name, ''),
    sshPublicKey: publicKeyOf(rootSecret, spec),
  });
  const bytes = userDataBytes(userData);
  if (bytes <= MAX_USER_DATA_BYTES) return;
  throw blocked(
    'UserDataTooLong',
    'make user-data',
    `${bytes} bytes, the cloud takes ${MAX_USER_DATA_BYTES}`,
    {
      cure: 'Use a shorter public key, then `kubeup up` again',
    },
  );
}

function noSurplus(
  spec: ClusterSpec,
  surplus: BringUpRequest['surplus'],
  { servers }: Survey,
): void {
  const beyond = servers.filter(({ index }) => index > spec.minions);
  if (surplus === 'delete' || beyond.length === 0) return;
  const highest = Math.max(...beyond.map(({ index }) => index));
  throw new KubeupError({
    kind: 'invalid',
    reason: 'FewerMinionsThanExist',
    attempted: `bring up ${spec.minions} minions`,
    message: `the cluster has minions up to ${highest}; \`up\` never deletes a healthy machine`,
    cure: `To shrink it: \`kubeup scale --minions ${spec.minions}\`. To keep them: \`kubeup up --minions ${highest}\``,
  });
}

function sameRelease({ release }: ClusterSpec, { servers }: Survey): void {
  const other = otherRelease(release.sha256, servers);
  if (other) throw new KubeupError(other);
}

async function enoughQuota(
  { cloud }: Dependencies,
  spec: ClusterSpec,
  { servers, network }: Survey,
  master: Flavor,
  minion: Flavor,
): Promise<void> {
  // A broken one too has its place: it is deleted before its successor is made.
  const masters = servers.some(({ role }) => role === 'master') ? 0 : 1;
  const there = new Set(servers.filter(({ role }) => role === 'minion').map(({ index }) => index));
  const minions = Array.from({ length: spec.minions }, (_, i) => i + 1).filter(
    (i) => !there.has(i),
  );
  const limits = await cloud.compute.limits();
  const needs = {
    instances: masters + minions.length,
    cores: masters * master.vcpus + minions.length * minion.vcpus,
    ramMiB: masters * master.ramMiB + minions.length * minion.ramMiB,
  };
  const short = (['instances', 'cores', 'ramMiB'] as const).flatMap((what) => {
    const { limit, used } = limits[what];
    return limit !== undefined && used + needs[what] > limit
      ? [`${what}: ${needs[what]} needed, ${Math.max(0, limit - used)} of ${limit} free`]
      : [];
  });
  if (!network) {
    const { networks } = await cloud.network.quota();
    if (networks.limit !== undefined && networks.used >= networks.limit) {
      short.push(`networks: 1 needed, 0 of ${networks.limit} free`);
    }
  }
  if (short.length === 0) return;
  throw blocked('QuotaExceeded', 'check the quota', short.join('; '), {
    cure: 'Have the quota raised or delete what is not needed, then `kubeup retry`',
  });
}

function blocked(
  reason: string,
  attempted: string,
  message: string,
  { cure }: { cure: string },
): KubeupError {
  return new KubeupError({ kind: 'blocked', reason, attempted, message, cure });
}
