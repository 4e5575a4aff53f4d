import { deriveSecret } from './derive.js';

/** Names who has this root secret without telling it: 12 hex digits, put on what kubeup makes. */
export function ownerOf(rootSecret: Buffer): string {
  return deriveSecret(rootSecret, '', 'owner', 6).toString('hex');
}
