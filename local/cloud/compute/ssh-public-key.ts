import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

/** How many length-prefixed fields follow the type in a public key of each type. */
const FIELDS: Record<string, number> = {
  'ssh-rsa': 2,
  'ssh-dss': 4,
  'ssh-ed25519': 1,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
};

const ED25519_KEY_BYTES = 32;

/** The MD5 fingerprint of an OpenSSH public key (`aa:bb:…`), or undefined when it is none. */
export function sshFingerprint(publicKey: string): string | undefined {
  const [, type, encoded] = /^(\S+)[ \t]+(\S+)/.exec(publicKey) ?? [];
  if (type === undefined || encoded === undefined) return undefined;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) {
    return undefined;
  }
  const [own, ...fields] = wireFields(Buffer.from(encoded, 'base64')) ?? [];
  if (own?.toString() !== type || fields.length !== FIELDS[type]) return undefined;
  if (fields.some((field) => field.length === 0)) return undefined;
  if (type === 'ssh-ed25519' && fields[0]?.length !== ED25519_KEY_BYTES) return undefined;
  if (type.startsWith('ecdsa-') && type !== `ecdsa-sha2-${fields[0]?.toString()}`) return undefined;
  // Nova fingerprints what follows the first space, even when another one comes next.
  const data = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return createHash('md5')
    .update(data)
    .digest('hex')
    .replace(/(..)(?!$)/g, '$1:');
}

/** A new key pair as Nova makes it: RSA of 2048 bits, the private half as PEM. */
export async function newSshKeyPair(): Promise<{ privateKey: string; publicKey: string }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
  });
  const { e = '', n = '' } = publicKey.export({ format: 'jwk' });
  const wire = Buffer.concat(
    [Buffer.from('ssh-rsa'), positive(e), positive(n)].flatMap((field) => [lengthOf(field), field]),
  );
  return {
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
    publicKey: `ssh-rsa ${wire.toString('base64')} Generated-by-Nova`,
  };
}

/** The fields of SSH's wire format, or undefined when the lengths do not fit. */
function wireFields(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/** A number of a JWK as SSH's `mpint`, whose first bit is its sign. */
function positive(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}

function lengthOf(field: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(field.length);
  return length;
}
