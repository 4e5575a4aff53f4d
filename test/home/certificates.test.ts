import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { clientCertificate, clusterCa } from '../../home/certificates.js';
import { joinToken } from '../../home/join-token.js';

const root = Buffer.alloc(32, 7);
const admin = { name: 'admin', group: 'kubeup:admins', lifetimeSeconds: 3600 };

test('every worker with the root secret has the same CA', async () => {
  const [one, other] = [await clusterCa(root, 'c'), await clusterCa(root, 'c')];
  assert.equal(one.key, other.key);
  const certificates = [one, other].map(({ certificate }) => new X509Certificate(certificate));
  const facts = certificates.map(({ subject, serialNumber, validFrom, validTo, publicKey }) => [
    subject,
    serialNumber,
    validFrom,
    validTo,
    publicKey.export({ format: 'pem', type: 'spki' }),
  ]);
  assert.deepEqual(facts[0], facts[1]);
  assert.equal(certificates[0]?.ca, true);
  assert.ok(certificates[0].checkPrivateKey(createPrivateKey(other.key)));
});

test('what one worker signed, another trusts', async () => {
  const { certificate, key } = await clientCertificate(root, 'c', admin);
  const client = new X509Certificate(certificate);
  const ca = new X509Certificate((await clusterCa(root, 'c')).certificate);
  assert.ok(client.checkIssued(ca));
  assert.ok(client.verify(ca.publicKey));
  assert.ok(client.checkPrivateKey(createPrivateKey(key)));
  assert.equal(client.subject, 'CN=admin\nO=kubeup:admins');
  assert.equal(client.ca, false);
  const lasts = Date.parse(client.validTo) - Date.now();
  assert.ok(lasts > 3_500_000 && lasts <= 3_600_000, `${lasts} ms`);
});

test('no other cluster, and no other root secret, has that CA', async () => {
  const client = new X509Certificate((await clientCertificate(root, 'c', admin)).certificate);
  const others = [await clusterCa(root, 'd'), await clusterCa(Buffer.alloc(32, 8), 'c')];
  for (const { certificate } of others) {
    assert.equal(client.verify(new X509Certificate(certificate).publicKey), false);
  }
});

test('each boot has a join token of its own, in the form that Kubernetes takes', () => {
  const tokens = Array.from({ length: 200 }, (_, n) => joinToken(root, 'c', `boot-${n}`));
  for (const { id, secret } of tokens) {
    assert.match(`${id}.${secret}`, /^[a-z0-9]{6}\.[a-z0-9]{16}$/);
  }
  assert.equal(new Set(tokens.map(({ secret }) => secret)).size, 200);
  assert.deepEqual(joinToken(root, 'c', 'boot-1'), tokens[1]);
  assert.notDeepEqual(joinToken(root, 'd', 'boot-1'), tokens[1]);
});
