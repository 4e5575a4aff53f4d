import type { Server } from '../cloud/port.js';
import { KubeupError } from '../cluster/errors.js';
import { readServerMark, type ServerMark } from '../cluster/names.js';
import { ownerOf } from '../home/owner.js';
import type { Dependencies } from './context.js';

/** A server of a cluster, and what its metadata says of it. */
export type OwnServer = Server & { mark: ServerMark };

/**
 * The cluster's servers, those that are being deleted included.
 *
 * @throws KubeupError (blocked) when one was made with another root secret: two people of one project have chosen
 *   the same name, and nothing of the other's may be adopted, replaced or deleted
 */
export async function ownServers(
  { cloud, rootSecret }: Dependencies,
  cluster: string,
): Promise<OwnServer[]> {
  const owner = ownerOf(rootSecret);
  const servers = (await cloud.compute.listServers()).flatMap((server) => {
    const mark = readServerMark(server.metadata);
    return mark?.cluster === cluster && server.status !== 'DELETED' ? [{ ...server, mark }] : [];
  });
  const foreign = servers.find(({ mark }) => mark.owner !== owner);
  if (foreign) throw ownedByAnother(cluster, foreign);
  return servers;
}

function ownedByAnother(cluster: string, { name, id }: Server): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'OwnedByAnother',
    attempted: `look at the servers of ${cluster}`,
    message: `server ${name} (${id}) of a cluster of that name was made with another root secret`,
    cure: 'Use the root secret that made it (KUBEUP_HOME or KUBEUP_ROOT_SECRET), or choose another INSTANCE_PREFIX',
  });
}
