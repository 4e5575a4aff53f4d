import { hkdfSync } from 'node:crypto';

/** Changing it changes every derived secret of every cluster. */
const salt = 'kubeup/v1';

/**
 * One secret of one cluster for one purpose, the same on every worker that holds the root secret:
 * HKDF-SHA256 (RFC 5869) with salt `kubeup/v1` and info `JSON [cluster, purpose]`, a form in which no
 * two pairs look alike.
 *
 * @param purpose what it is for, e.g. `ssh-key`; each purpose gets a secret of its own
 * @param bytes length of the result, at most 8160
 */
export function deriveSecret(
  root: Uint8Array,
  cluster: string,
  purpose: string,
  bytes: number,
): Buffer {
  return Buffer.from(hkdfSync('sha256', root, salt, JSON.stringify([cluster, purpose]), bytes));
}
