import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCloud } from '../../cloud/open.js';
import { bodyOf, failureOf, md5 } from './calls.js';
import { makeCertificates } from './certificates.js';
import { bytes, json, scripted, startScriptedCloud } from './scripted-cloud.js';
import type { Script } from './scripted-cloud.js';

const upload = { contentType: 'application/gzip' };

const serve: Script = async (request, response) => {
  if (request.method === 'PUT') {
    response.writeHead(201, { etag: md5(await bytes(request)) }).end();
  } else {
    json(response, 200, { servers: [] });
  }
};

test('a private CA is trusted when OS_CACERT names it, by every kind of request', async (t) => {
  const { caFile, ...tls } = makeCertificates(t, 'IP:127.0.0.1');
  const { behind } = await scripted(t, serve, { tls });
  const cloud = openCloud(behind.account({ OS_CACERT: caFile }));
  await cloud.identity.authenticate();
  await cloud.objectStorage.putObject('c', 'o', bodyOf(Buffer.from('x')), upload);
});

test('without OS_CACERT a private CA is not trusted, nor is the password sent', async (t) => {
  const tls = makeCertificates(t, 'IP:127.0.0.1');
  const { behind, cloud } = await scripted(t, serve, { tls });
  const failure = await failureOf(cloud.identity.authenticate());
  assert.deepEqual([failure.kind, failure.reason], ['blocked', 'UntrustedCertificate']);
  assert.match(failure.cure, /OS_CACERT/);
  assert.deepEqual(behind.logins, []);
});

test('nor is the token sent to a service whose certificate is not trusted', async (t) => {
  const tls = makeCertificates(t, 'IP:127.0.0.1');
  const behind = await startScriptedCloud(() => assert.fail('the token was sent'), { tls });
  t.after(() => behind.close());
  const { cloud } = await scripted(t, () => undefined, { origin: behind.origin });
  for (const call of [
    () => cloud.compute.listServers(),
    () => cloud.network.deleteNetwork('n1'),
    () => cloud.objectStorage.putObject('c', 'o', bodyOf(Buffer.from('x')), upload),
  ]) {
    assert.equal((await failureOf(call())).reason, 'UntrustedCertificate');
  }
});

test('a certificate for another host is not trusted, whoever signed it', async (t) => {
  const { caFile, ...tls } = makeCertificates(t, 'DNS:cloud.example');
  const { behind } = await scripted(t, serve, { tls });
  const cloud = openCloud(behind.account({ OS_CACERT: caFile }));
  assert.equal((await failureOf(cloud.identity.authenticate())).reason, 'UntrustedCertificate');
});

test('https where http is spoken', async (t) => {
  const { behind } = await scripted(t, serve);
  const url = behind.authUrl.replace('http:', 'https:');
  const failure = await failureOf(
    openCloud(behind.account({ OS_AUTH_URL: url })).identity.authenticate(),
  );
  assert.deepEqual([failure.kind, failure.reason], ['blocked', 'NoTls']);
  assert.match(failure.cure, /OS_AUTH_URL/);
});
