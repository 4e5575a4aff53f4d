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
 * already have the range, and is used as it is.
 */
export async function ensureNetwork(
  { cloud }: Dependencies,
  spec: ClusterSpec,
): Promise<EnsuredNetwork> {
  const { label, cidr } = spec.network;
  const found = await cloud.network.listNetworks({ name: label });
  if (found.length > 1)
    throw ambiguous(
      label,
      found.map((network) => network.id),
    );
  const existing = found[0];
  const subnets = existing ? await cloud.network.listSubnets({ networkId: existing.id }) : [];
  if (existing && subnets.some((subnet) => subnet.cidr === cidr)) {
    return { id: existing.id, made: false };
  }
  if (existing && subnets.length > 0) throw otherRange(label, cidr, subnets[0]?.cidr ?? '');

  const description = (await cloud.network.keepsDescriptions())
    ? networkMark(spec.name)
    : undefined;
  const network = existing ?? (await cloud.network.createNetwork({ name: label, description }));
  await cloud.network.createSubnet({
    networkId: network.id,
    name: subnetName(spec.name),
    cidr,
  });
  return { id: network.id, made: true };
}

/** Deletes the network that carries the cluster's mark, whatever its label is; a user's own stays. */
export async function deleteNetwork(
  { cloud }: Dependencies,
  cluster: string,
): Promise<{ deleted: string[] }> {
  const [networks, subnets] = await Promise.all([
    cloud.network.listNetworks(),
    cloud.network.listSubnets(),
  ]);
  const marked = new Set(
    subnets
      .filter((subnet) => subnet.name === subnetName(cluster))
      .map((subnet) => subnet.networkId),
  );
  const ours = networks.filter(
    ({ id, description, own }) =>
      own && (description === networkMark(cluster) || (!description && marked.has(id))),
  );
  for (const { id } of ours) await cloud.network.deleteNetwork(id);
  // A user's own network that was empty got our subnet: the subnet goes, the network stays.
  const strays = subnets.filter(
    ({ name, networkId }) =>
      name === subnetName(cluster) && !ours.some(({ id }) => id === networkId),
  );
  for (const { id } of strays) await cloud.network.deleteSubnet(id);
  return { deleted: ours.map(({ name }) => name) };
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
