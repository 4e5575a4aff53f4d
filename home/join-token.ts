import { deriveSecret } from './derive.js';

/** A Kubernetes bootstrap token: `<id>.<secret>`. */
export interface JoinToken {
  /** 6 of [a-z0-9]; public, names its Secret. */
  id: string;
  /** 16 of [a-z0-9]. */
  secret: string;
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * The token by which one boot of one machine joins its cluster: any worker derives the same, and no other machine has
 * it. The API server knows it only while that machine comes up.
 *
 * @param bootId minted before the machine is made
 */
export function joinToken(root: Uint8Array, cluster: string, bootId: string): JoinToken {
  const bytes = deriveSecret(root, cluster, `join-token/${bootId}`, 22 * 4);
  // Four bytes to a letter: the bias of the remainder is below 1 in 10^8.
  const text = Array.from(
    { length: 22 },
    (_, n) => letters[bytes.readUInt32BE(n * 4) % letters.length],
  ).join('');
  return { id: text.slice(0, 6), secret: text.slice(6) };
}
