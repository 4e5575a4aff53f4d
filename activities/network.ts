import type { CloudNetwork } from '../cloud/port.js';
import { KubeupError } from '../cluster/errors.js';
import { networkMark, subnetName } from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import type { Dependencies } from './context.js';

export interface EnsuredNetwork {
  id: string;
  made: boolean;
}

/**
 * The cloud network and its subnet. Adopts the network of that label; one that kubeup did not make must
 * already have the range, and is used as it is: it never gets a subnet of ours.
 */
export async function ensureNetwork(
  dependencies: Dependencies,
  spec: ClusterSpec,
): Promise<EnsuredNetwork> {
  const { network } = dependencies.cloud;
  const { label } = spec.network;
  const found = await network.listNetworks({ name: label });
  if (found.length > 1) {
    throw ambiguous(
      label,
      found.map(({ id }) => id),
    );
  }
  const [existing] = found;
  if (existing) {
    if (await hasRange(dependencies, spec, existing.id)) return { id: existing.id, made: false };
    // Empty: either an earlier try of ours came no further, or it is somebody's.
    if (existing.description !== networkMark(spec.name)) throw networkTaken(label, existing.id);
    await addSubnet(dependencies, spec, existing.id);
    return { id: existing.id, made: true };
  }
  const make = (await network.keepsDescriptions()) ? makeDescribed : makeNamed;
  return { id: await make(dependencies, spec), made: true };
}

/** Deletes the network that carries the cluster's mark, whatever its label is; a user's own stays. */
export async function deleteNetwork(
  { cloud }: Dependencies,
  cluster: string,
): Promise<{ deleted: string[] }> {
  const [keepsDescriptions, networks, subnets] = await Promise.all([
    cloud.network.keepsDescriptions(),
    cloud.network.listNetworks(),
    cloud.network.listSubnets(),
  ]);
  const ourSubnets = subnets.filter(({ name, own }) => own && name === subnetName(cluster));
  const isMarked = keepsDescriptions
    ? ({ description }: CloudNetwork) => description === networkMark(cluster)
    : ({ id, name }: CloudNetwork) =>
        name === subnetName(cluster) || ourSubnets.some(({ networkId }) => networkId === id);
  const ours = networks.filter((network) => network.own && isMarked(network));
  for (const { id } of ours) await cloud.network.deleteNetwork(id);
  // Whoever moved our subnet's mark to a network of their own keeps the network.
  const strays = ourSubnets.filter(({ networkId }) => !ours.some(({ id }) => id === networkId));
  for (const { id } of strays) await cloud.network.deleteSubnet(id);
  return { deleted: ours.map(({ name }) => name) };
}

/** The mark is there from the first moment on. */
async function makeDescribed(dependencies: Dependencies, spec: ClusterSpec): Promise<string> {
  const { id } = await dependencies.cloud.network.createNetwork({
    name: spec.network.label,
    description: networkMark(spec.name),
  });
  await addSubnet(dependencies, spec, id);
  return id;
}

/**
 * Without descriptions the marked subnet tells that a network is ours, and until it has one, the same mark as the
 * network's name does. So an empty network of the cluster's label is always somebody else's.
 */
async function makeNamed(dependencies: Dependencies, spec: ClusterSpec): Promise<string> {
  const { network } = dependencies.cloud;
  const mark = subnetName(spec.name);
  const begun = (await network.listNetworks({ name: mark })).find(({ own }) => own);
  const { id } = begun ?? (await network.createNetwork({ name: mark }));
  if (!begun || !(await hasRange(dependencies, spec, id))) {
    await addSubnet(dependencies, spec, id);
  }
  await network.renameNetwork(id, spec.network.label);
  return id;
}

/** `false` when it has no range at all. @throws KubeupError when it has another */
async function hasRange(
  { cloud }: Dependencies,
  { network: { label, cidr } }: ClusterSpec,
  networkId: string,
): Promise<boolean> {
  const subnets = await cloud.network.listSubnets({ networkId });
  if (subnets.some((subnet) => subnet.cidr === cidr)) return true;
  const [other] = subnets;
  if (other) throw otherRange(label, cidr, other.cidr);
  return false;
}

async function addSubnet(
  { cloud }: Dependencies,
  { name, network: { cidr } }: ClusterSpec,
  networkId: string,
): Promise<void> {
  await cloud.network.createSubnet({ networkId, name: subnetName(name), cidr });
}

function ambiguous(label: string, ids: string[]): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'AmbiguousNetwork',
    attempted: `look for network ${label}`,
    message: `${ids.length} networks have that label: ${ids.join(', ')}`,
    cure: 'Delete or rename all but one, or choose another NOVA_NETWORK_LABEL, then `kubeup retry`',
  });
}

export function otherRange(label: string, wanted: string, found: string): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'NetworkRangeDiffers',
    attempted: `use network ${label}`,
    message: `it has the range ${found}, the spec says ${wanted}`,
    cure: `Set NOVA_NETWORK=${found}, or choose another NOVA_NETWORK_LABEL, then \`kubeup up\` again`,
  });
}

/** A network of the cluster's label without a subnet that kubeup did not make. */
export function networkTaken(label: string, id: string): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'NameTaken',
    attempted: `use network ${label}`,
    message: `network ${id} has that label, no subnet, and kubeup did not make it`,
    cure:
      'Give it a subnet of the range NOVA_NETWORK or delete it, then `kubeup retry`; or choose another ' +
      'NOVA_NETWORK_LABEL, then `kubeup up` again',
  });
}
