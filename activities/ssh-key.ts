import { keyPairComment } from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { sshLoginKeys } from '../home/ssh-keys.js';

/**
 * The public key that machines of the cluster let in, OpenSSH form: the user's own, or one derived from
 * the root secret, so that every worker makes the same.
 */
export function publicKeyOf(
  rootSecret: Buffer,
  spec: Pick<ClusterSpec, 'name' | 'keyPair'>,
): string {
  if (spec.keyPair.publicKey) return spec.keyPair.publicKey.trim();
  return `${sshLoginKeys(rootSecret, spec.name).publicKey} ${keyPairComment(spec.name)}`;
}

/** The same key with the ownership mark as its comment, whatever comment it had. */
export function marked(publicKey: string, cluster: string): string {
  const [type = '', key = ''] = publicKey.split(/\s+/);
  return `${type} ${key} ${keyPairComment(cluster)}`;
}

/** Whether two OpenSSH public keys are the same key, comments aside. */
export function samePublicKey(a: string, b: string): boolean {
  return a.split(/\s+/)[1] === b.split(/\s+/)[1];
}
