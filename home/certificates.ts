import 'reflect-metadata';
import { createECDH, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { deriveSecret } from './derive.js';

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyedCertificate {
  certificate: string;
  key: string;
}

/** Kubernetes components take Ed25519 keys neither for a CA nor for serving; P-256 they all take. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const;
/** Order of P-256's base point (SEC 2, secp256r1). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * The cluster's CA. Its key, name, serial number and dates are the same on every worker that holds the root secret,
 * so that any of them trusts what another signed; only the signature in the certificate differs, and nobody checks
 * that of a trust anchor.
 */
export async function clusterCa(root: Uint8Array, cluster: string): Promise<KeyedCertificate> {
  const { keys, key } = await caKeys(root, cluster);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: caName(cluster),
      // Fixed: what is derived may not depend on the day. 2049 is the last year of the short form of dates.
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2049-12-31T23:59:59Z'),
      signingAlgorithm: signing,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(
          KeyUsageFlags.keyCertSign |
            KeyUsageFlags.digitalSignature |
            KeyUsageFlags.keyEncipherment,
          true,
        ),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  );
  return { certificate: `${certificate.toString('pem')}\n`, key };
}

/** Who a client certificate makes its bearer, in Kubernetes' eyes. */
export interface Client {
  name: string;
  group: string;
  /** How long it is good for, seconds. */
  lifetimeSeconds: number;
}

/** A client certificate of the cluster's CA: made anew each time, kept nowhere. */
export async function clientCertificate(
  root: Uint8Array,
  cluster: string,
  { name, group, lifetimeSeconds }: Client,
): Promise<KeyedCertificate> {
  const ca = await caKeys(root, cluster);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex'),
      subject: [{ CN: [name] }, { O: [group] }],
      issuer: caName(cluster),
      // Clocks differ.
      notBefore: new Date(now - 300_000),
      notAfter: new Date(now + lifetimeSeconds * 1000),
      signingAlgorithm: signing,
      publicKey: keys.publicKey,
      signingKey: ca.keys.privateKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
        await AuthorityKeyIdentifierExtension.create(ca.keys.publicKey),
      ],
    },
    webcrypto,
  );
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag)}\n`,
  };
}

function caName(cluster: string): string {
  return `CN=kubeup CA of ${cluster.replace(/[^\w. -]/g, '_')}`;
}

async function caKeys(
  root: Uint8Array,
  cluster: string,
): Promise<{ keys: webcrypto.CryptoKeyPair; key: string }> {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(scalarOf(deriveSecret(root, cluster, 'cluster-ca', 48)));
  const point = ecdh.getPublicKey();
  const base64url = (bytes: Buffer): string => bytes.toString('base64url');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: base64url(point.subarray(1, 33)),
    y: base64url(point.subarray(33)),
  };
  const d = base64url(Buffer.from(ecdh.getPrivateKey('hex').padStart(64, '0'), 'hex'));
  const { subtle } = webcrypto;
  const privateKey = await subtle.importKey('jwk', { ...jwk, d }, algorithm, true, ['sign']);
  const publicKey = await subtle.importKey('jwk', jwk, algorithm, true, ['verify']);
  const pkcs8 = await subtle.exportKey('pkcs8', privateKey);
  return {
    keys: { privateKey, publicKey },
    key: `${PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag)}\n`,
  };
}

/** A private key out of derived bytes: 128 bits more than the order has, so that no key is likelier (FIPS 186-5 A.2.1). */
function scalarOf(bytes: Buffer): Buffer {
  const scalar = (BigInt(`0x${bytes.toString('hex')}`) % (order - 1n)) + 1n;
  return Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
}
