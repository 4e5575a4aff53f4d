import { createPrivateKey, createPublicKey } from 'node:crypto';
import { deriveSecret } from './derive.js';

/** DER of an Ed25519 private key up to its 32-byte seed (RFC 8410 §7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
/** DER of an Ed25519 public key up to its 32 bytes (RFC 8410 §4). */
const spkiPrefixLength = 12;

/** An SSH key pair in OpenSSH's forms. */
export interface SshKeys {
  /** `ssh-ed25519 <base64>`, without a comment. */
  publicKey: string;
  /** Secret. */
  privateKey: string;
}

/** The key that lets kubeup into the machines of a cluster, where the user brings none. */
export function sshLoginKeys(root: Uint8Array, cluster: string): SshKeys {
  return ed25519Keys(deriveSecret(root, cluster, 'ssh-key', 32));
}

/** The key by which one machine is known, from one boot request on: a replaced one is another machine. */
export function sshHostKeys(root: Uint8Array, cluster: string, bootId: string): SshKeys {
  return ed25519Keys(deriveSecret(root, cluster, `ssh-host-key ${bootId}`, 32));
}

/** OpenSSH's PROTOCOL.key: sshd takes Ed25519 keys in no other form. */
function ed25519Keys(seed: Buffer): SshKeys {
  const key = Buffer.concat([pkcs8Prefix, seed]);
  const raw = createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
    .export({ format: 'der', type: 'spki' })
    .subarray(spkiPrefixLength);
  const type = Buffer.from('ssh-ed25519');
  const publicBlob = Buffer.concat([sshString(type), sshString(raw)]);
  // Two equal numbers that tell a right passphrase; there is none here. Fixed, so that the file is the same each time.
  const check = Buffer.alloc(8);
  const secret = Buffer.concat([seed, raw]);
  const inner = [
    check,
    sshString(type),
    sshString(raw),
    sshString(secret),
    sshString(Buffer.alloc(0)),
  ];
  const unpadded = Buffer.concat(inner);
  const padding = Buffer.from(Array.from({ length: -unpadded.length & 7 }, (_, i) => i + 1));
  const none = sshString(Buffer.from('none'));
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    sshString(Buffer.alloc(0)),
    Buffer.from([0, 0, 0, 1]),
    sshString(publicBlob),
    sshString(Buffer.concat([unpadded, padding])),
  ]);
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    publicKey: `ssh-ed25519 ${publicBlob.toString('base64')}`,
    privateKey: [
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      ...lines,
      '-----END OPENSSH PRIVATE KEY-----',
      '',
    ].join('\n'),
  };
}

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
