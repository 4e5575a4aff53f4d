import { createPrivateKey, createPublicKey } from 'node:crypto';
import { keyPairComment } from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { deriveSecret } from '../home/derive.js';

/** DER of an Ed25519 private key up to its 32-byte seed (RFC 8410 §7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
/** DER of an Ed25519 public key up to its 32 bytes (RFC 8410 §4). */
const spkiPrefixLength = 12;

/**
 * The public key that machines of the cluster let in, OpenSSH form: the user's own, or one derived from
 * the root secret, so that every worker makes the same. The comment of a derived key is the ownership mark.
 */
export function publicKeyOf(
  rootSecret: Buffer,
  spec: Pick<ClusterSpec, 'name' | 'keyPair'>,
): string {
  if (spec.keyPair.publicKey) return spec.keyPair.publicKey.trim();
  const seed = deriveSecret(rootSecret, spec.name, 'ssh-key', 32);
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const raw = createPublicKey(privateKey)
    .export({ format: 'der', type: 'spki' })
    .subarray(spkiPrefixLength);
  const blob = Buffer.concat([sshString(Buffer.from('ssh-ed25519')), sshString(raw)]);
  return `ssh-ed25519 ${blob.toString('base64')} ${keyPairComment(spec.name)}`;
}

/** Whether two OpenSSH public keys are the same key, comments aside. */
export function samePublicKey(a: string, b: string): boolean {
  return a.split(/\s+/)[1] === b.split(/\s+/)[1];
}

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
