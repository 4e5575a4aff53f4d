import { KubeupError } from '../cluster/errors.js';
import { clusterOfKeyPair } from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import type { Dependencies } from './context.js';
import { marked, publicKeyOf, samePublicKey } from './ssh-key.js';

/** Imports the cluster's public key under our comment; adopts the same key under that name, refuses another one. */
export async function ensureKeyPair(
  { cloud, rootSecret }: Dependencies,
  spec: ClusterSpec,
): Promise<{ made: boolean }> {
  const wanted = publicKeyOf(rootSecret, spec);
  // What was there before may be the user's: it keeps its comment, and so it stays theirs.
  const existing = await cloud.keyPairs.get(spec.keyPair.name);
  if (existing) {
    if (!samePublicKey(existing.publicKey, wanted)) throw otherKey(spec.keyPair.name);
    return { made: false };
  }
  await cloud.keyPairs.import(spec.keyPair.name, marked(wanted, spec.name));
  return { made: true };
}

/** Deletes the key pairs whose comment is the cluster's mark; a user's own key has another comment and stays. */
export async function deleteKeyPair(
  { cloud }: Dependencies,
  cluster: string,
): Promise<{ deleted: string[] }> {
  const ours = (await cloud.keyPairs.list()).filter(
    ({ publicKey }) => clusterOfKeyPair(publicKey) === cluster,
  );
  for (const { name } of ours) await cloud.keyPairs.delete(name);
  return { deleted: ours.map(({ name }) => name) };
}

export function otherKey(name: string): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'KeyPairDiffers',
    attempted: `use key pair ${name}`,
    message: 'the cloud has another key under that name; kubeup never overwrites a key',
    cure: 'Choose another SSH_KEY_NAME and `kubeup up` again, or delete that key pair and `kubeup retry`',
  });
}
