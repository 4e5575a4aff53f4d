import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { openCloud } from '../../cloud/open.js';
import type { Cloud } from '../../cloud/port.js';
import { objectUrl, signTempUrl, usableDigests } from '../../cloud/temp-url.js';
import { json, scripted } from './scripted-cloud.js';
import type { Script } from './scripted-cloud.js';

/**
 * What Swift's middleware computes of a request: an HMAC over method, expiry and the path as the server decodes it.
 * `URL` is what clients send: it would show a name that does not survive on the way.
 */
function swiftAccepts(signed: string, method: string, key: string, digest: string): string {
  const url = new URL(signed);
  const path = decodeURIComponent(url.pathname);
  const expires = url.searchParams.get('temp_url_expires') ?? '';
  const expected = createHmac(digest, key).update(`${method}\n${expires}\n${path}`).digest('hex');
  assert.equal(url.searchParams.get('temp_url_sig'), expected);
  assert.equal(url.hash, '');
  return path;
}

// Clients resolve `.` and `..` before they send: no URL can name such an object.
const part = fc.string({ unit: 'binary' }).filter((text) => !/^\.{1,2}$/.test(text));
const container = part.filter((text) => text !== '' && !text.includes('/'));
const name = fc
  .array(fc.oneof(part, fc.constantFrom('v1', 'v1.0', '100%', '%2F', 'a?b#c', 'ä ö', '+', '\\')), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join('/'))
  .filter((text) => !text.split('/').some((one) => /^\.{1,2}$/.test(one)));

test('a URL for any object of any container is what Swift accepts', () => {
  fc.assert(
    fc.property(
      container,
      name,
      fc.constantFrom('GET', 'PUT', 'HEAD'),
      fc.constantFrom('sha1', 'sha256', 'sha512' as const),
      fc.string({ minLength: 1 }),
      fc.integer({ min: 1, max: 2 ** 40 }),
      (aContainer, aName, method, digest, key, expires) => {
        const storageUrl = 'https://swift.example:8080/v1/AUTH_p1/';
        const request = { method, container: aContainer, name: aName, expires };
        const signed = signTempUrl(storageUrl, request, key, digest);
        const path = swiftAccepts(signed, method, key, digest);
        assert.equal(path, `/v1/AUTH_p1/${aContainer}/${aName}`);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a signature holds for one method, one object, one expiry and one key', () => {
  const storageUrl = 'https://swift.example/v1/AUTH_p1';
  const request = { method: 'GET', container: 'c', name: 'o', expires: 1700000000 };
  const sig = (change: Partial<typeof request>, key = 'k'): string | null =>
    new URL(signTempUrl(storageUrl, { ...request, ...change }, key, 'sha256')).searchParams.get(
      'temp_url_sig',
    );
  // printf 'GET\n1700000000\n/v1/AUTH_p1/c/o' | openssl dgst -sha256 -hmac k
  assert.equal(sig({}), 'fe107f004a5f4d069bd3be86b7837b9f897f4804ba8df54bd282e26e765d1634');
  const others = [
    sig({ method: 'PUT' }),
    sig({ container: 'd' }),
    sig({ name: 'p' }),
    sig({ expires: 1700000001 }),
    sig({}, 'l'),
  ];
  assert.equal(new Set([sig({}), ...others]).size, 6);
});

test('what stands before the version in the address is not signed', () => {
  for (const [storageUrl, path] of [
    ['https://h/v1/AUTH_p1', '/v1/AUTH_p1/c/o'],
    ['https://h/object-store/v1/AUTH_p1', '/v1/AUTH_p1/c/o'],
    ['https://h/swift/v1', '/v1/c/o'],
    ['https://h/v1.0/MossoCloudFS_1', '/v1.0/MossoCloudFS_1/c/o'],
    ['https://h/v1/v1', '/v1/v1/c/o'],
  ] as const) {
    const request = { method: 'GET', container: 'c', name: 'o', expires: 5 };
    const url = new URL(signTempUrl(storageUrl, request, 'k', 'sha1'));
    const expected = createHmac('sha1', 'k').update(`GET\n5\n${path}`).digest('hex');
    assert.equal(url.searchParams.get('temp_url_sig'), expected, storageUrl);
    assert.equal(url.pathname, new URL(`${storageUrl}/c/o`).pathname);
  }
});

test('the best digest of those the cloud allows, SHA-1 of one that does not say', () => {
  assert.deepEqual(usableDigests(['sha1', 'sha512', 'sha256']), ['sha256', 'sha512', 'sha1']);
  assert.deepEqual(usableDigests(['sha512', 'md5']), ['sha512']);
  assert.deepEqual(usableDigests(['sha3']), ['sha1']);
  assert.deepEqual(usableDigests(undefined), ['sha1']);
});

test('an address keeps the slashes of a name, and encodes all else', () => {
  assert.equal(
    objectUrl('http://h/v1/A/', 'c d', 'e/f?g#h%20'),
    'http://h/v1/A/c%20d/e/f%3Fg%23h%2520',
  );
  assert.equal(objectUrl('http://h/v1/A', 'c/d'), 'http://h/v1/A/c%2Fd');
});

test('the port signs with the best that `/info` allows', async (t) => {
  const asked: string[] = [];
  const { cloud, behind } = await scripted(t, (request, response) => {
    asked.push(request.url ?? '');
    json(response, 200, { swift: {}, tempurl: { allowed_digests: ['sha1', 'sha512'] } });
  });
  const signed = await cloud.objectStorage.tempUrl('PUT', 'c', 'o', 'key', 1700000000);
  assert.ok(signed.startsWith(`${behind.origin}/object-store/v1/AUTH_p1/c/o?`));
  assert.equal(new URL(signed).searchParams.get('temp_url_sig')?.length, 128);
  await cloud.objectStorage.tempUrl('GET', 'c', 'o', 'key', 1700000000);
  assert.deepEqual(asked, ['/object-store/info']);
});

test('machines are given the address that they reach', async (t) => {
  const serve: Script = (_request, response) => json(response, 404, {});
  const sign = (cloud: Cloud, internal: boolean): Promise<string> =>
    cloud.objectStorage.tempUrl('PUT', 'c', 'o', 'key', 1700000000, { internal });
  const { behind, cloud: loopback } = await scripted(t, serve);
  assert.ok((await sign(loopback, true)).startsWith(`${behind.origin}/internal/object-store/`));
  assert.ok((await sign(loopback, false)).startsWith(`${behind.origin}/object-store/`));

  const rackspace = openCloud(behind.rackspaceAccount());
  assert.match(await sign(rackspace, true), /^http:\/\/snet-storage\.invalid\/object-store\/v1\//);
  assert.ok((await sign(rackspace, false)).startsWith(behind.origin));

  const origin = behind.origin.replace('127.0.0.1', '0.0.0.0');
  const { cloud: elsewhere } = await scripted(t, serve, { origin });
  assert.ok((await sign(elsewhere, true)).startsWith(`${origin}/object-store/`));
});
