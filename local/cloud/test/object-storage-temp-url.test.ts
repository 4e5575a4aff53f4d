import assert from 'node:assert/strict';
import { createHmac, type BinaryToTextEncoding } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { startCloud, type TestCloud } from './start-cloud.js';
import { md5, StorageClient, type StorageAnswer, type StorageCall } from './storage-client.js';

const BODY = 'by temp url';

interface Signing {
  key?: string;
  digest?: string;
  encoding?: BinaryToTextEncoding;
  signedMethod?: string;
  /** As it stands in the URL; seconds are signed. */
  expires?: string | number;
  signedExpires?: number;
  prefix?: string;
  ipRange?: string;
  query?: Record<string, string>;
}

describe('temp URLs', () => {
  let cloud: TestCloud;
  let storage: StorageClient;
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;

  before(async () => {
    cloud = await startCloud();
    storage = StorageClient.of(cloud);
    await storage.expect(204, 'POST', '', {
      headers: { 'x-account-meta-temp-url-key': 'one', 'x-account-meta-temp-url-key-2': 'two' },
    });
    await storage.expect(201, 'PUT', '/c', { headers: { 'x-container-meta-temp-url-key': 'box' } });
    await storage.expect(201, 'PUT', '/c/o', {
      body: BODY,
      headers: { 'x-object-meta-secret': '1', 'x-object-meta-public-note': '2' },
    });
  });
  after(() => cloud.close());

  function signedPath(method: string, name: string, signing: Signing): string {
    const { digest = 'sha256', encoding = 'hex', expires = inAnHour, prefix, ipRange } = signing;
    const path = `/v1/${storage.account}/c/${prefix ?? name}`;
    const message =
      (ipRange === undefined ? '' : `ip=${ipRange}\n`) +
      `${signing.signedMethod ?? method}\n${signing.signedExpires ?? expires}\n` +
      `${prefix === undefined ? '' : 'prefix:'}${path}`;
    const hmac = createHmac(digest, signing.key ?? 'one')
      .update(message)
      .digest(encoding);
    const query = new URLSearchParams({
      temp_url_sig: encoding === 'hex' ? hmac : `${digest}:${hmac}`,
      temp_url_expires: String(expires),
      ...(prefix === undefined ? {} : { temp_url_prefix: prefix }),
      ...(ipRange === undefined ? {} : { temp_url_ip_range: ipRange }),
      ...signing.query,
    });
    return `/c/${name.split('/').map(encodeURIComponent).join('/')}?${query.toString()}`;
  }

  const call = (
    method: string,
    name: string,
    signing: Signing = {},
    rest: StorageCall = {},
  ): Promise<StorageAnswer> =>
    storage.call(method, signedPath(method, name, signing), { token: null, ...rest });

  const accepted = async (...args: Parameters<typeof call>): Promise<StorageAnswer> => {
    const answer = await call(...args);
    assert.ok(answer.status < 300, `${answer.status} ${answer.text}`);
    return answer;
  };

  const refused = async (...args: Parameters<typeof call>): Promise<void> => {
    const { status, text, headers } = await call(...args);
    assert.equal(status, 401, JSON.stringify(args));
    assert.equal(text, args[0] === 'HEAD' ? '' : '401 Unauthorized: Temp URL invalid\n');
    assert.equal(headers['www-authenticate'], 'Swift realm="unknown"');
  };

  it('need no token', async () => {
    const { text, headers } = await accepted('GET', 'o');
    assert.equal(text, BODY);
    assert.equal(headers['x-object-meta-secret'], undefined);
    assert.equal(headers['x-object-meta-public-note'], '2');
    assert.equal(headers['content-disposition'], `attachment; filename="o"; filename*=UTF-8''o`);
    assert.equal(headers.expires, new Date(inAnHour * 1000).toUTCString());
    const range = await accepted('GET', 'o', {}, { headers: { range: 'bytes=3-6' } });
    assert.equal(range.text, 'temp');
  });

  it('are signed with any digest, in hexadecimal or Base64', async () => {
    for (const digest of ['sha1', 'sha256', 'sha512']) {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        assert.equal((await accepted('GET', 'o', { digest, encoding })).text, BODY);
      }
    }
    await refused('GET', 'o', { digest: 'md5' });
    await refused('GET', 'o', { digest: 'md5', encoding: 'base64' });
  });

  it('are signed with either key of the account, or of the container', async () => {
    await accepted('GET', 'o', { key: 'two' });
    await accepted('GET', 'o', { key: 'box' });
    await refused('GET', 'o', { key: 'three' });
    await storage.expect(204, 'POST', '', { headers: { 'x-account-meta-temp-url-key-2': 'new' } });
    await refused('GET', 'o', { key: 'two' });
    await accepted('GET', 'o', { key: 'new' });
    await accepted('GET', 'o');
  });

  it('hold for one method; GET, PUT and POST imply HEAD', async () => {
    for (const signedMethod of ['HEAD', 'GET', 'PUT', 'POST']) {
      await accepted('HEAD', 'o', { signedMethod });
    }
    await refused('HEAD', 'o', { signedMethod: 'DELETE' });
    await refused('GET', 'o', { signedMethod: 'HEAD' });
    await refused('PUT', 'o', { signedMethod: 'GET' }, { body: 'x' });
    await refused('COPY', 'o', {}, { headers: { destination: 'c/p' } });
  });

  it('expire; the time is a number or ISO 8601', async () => {
    const iso = `${new Date(inAnHour * 1000).toISOString().slice(0, 19)}Z`;
    await accepted('GET', 'o', { expires: iso, signedExpires: inAnHour });
    await refused('GET', 'o', { expires: iso });
    await refused('GET', 'o', { expires: Math.floor(Date.now() / 1000) - 1 });
    await refused('GET', 'o', { expires: '2001-01-01T00:00:00Z', signedExpires: 978307200 });
    await refused('GET', 'o', { expires: 'later' });
  });

  it('hold for a prefix', async () => {
    await accepted('PUT', 'up/1', { prefix: 'up/' }, { body: '1' });
    await accepted('GET', 'up/1', { prefix: '' });
    await refused('GET', 'o', { prefix: 'up/' });
  });

  it('hold for a range of addresses', async () => {
    for (const ipRange of ['127.0.0.1', '127.0.0.0/8']) await accepted('GET', 'o', { ipRange });
    for (const ipRange of ['10.0.0.0/8', '127.0.0.1/8', '::1', 'somewhere']) {
      await refused('GET', 'o', { ipRange });
    }
  });

  it('sign the name decoded', async () => {
    for (const name of ['a b', 'per%cent', 'ünï', 'x/v1/y', '/lead', 'trail/', 'a//b', 'q?x+y']) {
      await accepted('PUT', name, {}, { body: name });
      assert.equal((await accepted('GET', name)).text, name);
      await accepted('DELETE', name);
      assert.equal((await call('GET', name)).status, 404);
    }
  });

  it('let a machine report by the content type of what it puts', async () => {
    const headers = { 'content-type': 'application/x-report; state=ready; detail="all well"' };
    await accepted('PUT', 'report', {}, { headers });
    const { text } = await storage.expect(200, 'GET', '/c?format=json&prefix=report');
    const [entry] = JSON.parse(text) as [Record<string, unknown>];
    assert.equal(entry.content_type, 'application/x-report;state=ready;detail="all well"');
    assert.equal(entry.bytes, 0);
    assert.equal(entry.hash, md5(''));
    const post = { headers: { 'x-object-meta-a': 'b' } };
    assert.equal((await accepted('POST', 'report', {}, post)).status, 202);
    const head = await storage.expect(200, 'HEAD', '/c/report');
    assert.equal(head.headers['content-type'], headers['content-type']);
    assert.equal(head.headers['x-object-meta-a'], 'b');
  });

  it('name the file that a browser saves', async () => {
    const named = async (query: Record<string, string>): Promise<string | undefined> =>
      (await accepted('GET', 'o', { query })).headers['content-disposition'];
    assert.equal(
      await named({ filename: 'ü/"x".txt' }),
      `attachment; filename="%C3%BC/%22x%22.txt"; filename*=UTF-8''%C3%BC/%22x%22.txt`,
    );
    assert.equal(await named({ inline: '' }), 'inline');
    assert.equal(
      await named({ inline: '', filename: 'a b' }),
      `inline; filename="a b"; filename*=UTF-8''a%20b`,
    );
  });

  it('do not let in what they were not made for', async () => {
    const pointing = { 'x-object-manifest': 'c/o' };
    const { status, text } = await call('PUT', 'pointer', {}, { headers: pointing });
    assert.equal(status, 400);
    assert.equal(text, "The header 'X-Object-Manifest' is not allowed in this tempurl");
    const copying = await call('PUT', 'pointer', {}, { headers: { 'x-copy-from': 'c/o' } });
    assert.equal(copying.status, 400);
    // The rest of the query was not signed.
    await accepted('PUT', 'plain', { query: { 'multipart-manifest': 'put' } }, { body: '[]' });
    assert.equal((await accepted('GET', 'plain')).text, '[]');
    assert.equal((await call('GET', 'none', { key: 'box' })).status, 404);
  });

  it('are nothing without a signature, for containers, or for another account', async () => {
    const query = `temp_url_expires=${inAnHour}`;
    const invalid = async (path: string, token: string | null = null): Promise<void> => {
      const { text } = await storage.expect(401, 'GET', path, { token });
      assert.equal(text, '401 Unauthorized: Temp URL invalid\n');
    };
    await invalid(`/c/o?${query}`);
    await invalid(`/c/o?${query}`, cloud.token());
    await invalid(`/c?temp_url_sig=${'a'.repeat(40)}&${query}`);
    await invalid(`/v1/AUTH_other/c/o?temp_url_sig=${'a'.repeat(40)}&${query}`);
  });
});
