import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startCloud, type TestCloud } from './start-cloud.js';
import { page, StorageClient } from './storage-client.js';

const NOT_FOUND = page('Not Found', 'The resource could not be found.');

describe('accounts and containers', () => {
  let cloud: TestCloud;
  let storage: StorageClient;

  before(async () => {
    cloud = await startCloud();
    storage = StorageClient.of(cloud);
  });
  after(() => cloud.close());

  it('tells what it can do in the shape of Swift', async () => {
    const info = JSON.parse((await storage.expect(200, 'GET', '/info')).text) as Record<
      string,
      Record<string, unknown>
    >;
    assert.deepEqual(info.tempurl?.allowed_digests, ['sha1', 'sha256', 'sha512']);
    assert.deepEqual(info.tempurl.methods, ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']);
    assert.equal(info.slo?.max_manifest_segments, 1000);
    assert.equal(info.slo.min_segment_size, 1);
    assert.equal(info.swift?.max_file_size, 5368709122);
    assert.equal(info.bulk_delete?.max_deletes_per_request, 10000);
    assert.equal((await storage.expect(200, 'HEAD', '/info', { token: null })).text, '');
  });

  it('keeps metadata on the account, temp URL keys among it', async () => {
    await storage.expect(204, 'POST', '', {
      headers: { 'x-account-meta-temp-url-key': 'one', 'x-account-meta-note': 'n' },
    });
    await storage.expect(204, 'POST', '', { headers: { 'x-account-meta-temp-url-key-2': 'two' } });
    const { headers } = await storage.expect(204, 'HEAD', '');
    assert.equal(headers['x-account-meta-temp-url-key'], 'one');
    assert.equal(headers['x-account-meta-temp-url-key-2'], 'two');
    assert.equal(headers['x-account-meta-note'], 'n');
    assert.match(headers['x-trans-id'] as string, /^tx[0-9a-f]{21}-[0-9a-f]{10}$/);
    assert.equal(headers['x-openstack-request-id'], headers['x-trans-id']);
    await storage.expect(204, 'POST', '', { headers: { 'x-remove-account-meta-note': 'x' } });
    const after = await storage.expect(204, 'HEAD', '');
    assert.equal(after.headers['x-account-meta-note'], undefined);
    assert.equal(after.headers['x-account-meta-temp-url-key'], 'one');
  });

  it('makes, finds and deletes containers', async () => {
    assert.equal((await storage.expect(404, 'HEAD', '/box')).text, '');
    assert.equal((await storage.expect(404, 'GET', '/box')).text, NOT_FOUND);
    await storage.expect(201, 'PUT', '/box', { headers: { 'x-container-meta-owner': 'me' } });
    const again = await storage.expect(202, 'PUT', '/box');
    assert.equal(again.text, page('Accepted', 'The request is accepted for processing.'));
    const { headers } = await storage.expect(204, 'HEAD', '/box');
    assert.equal(headers['x-container-meta-owner'], 'me');
    assert.equal(headers['x-container-object-count'], '0');
    assert.match(headers['x-timestamp'] as string, /^\d{10}\.\d{5}$/);
    await storage.expect(201, 'PUT', '/box/o', { body: 'x' });
    const refused = await storage.expect(409, 'DELETE', '/box');
    assert.equal(
      refused.text,
      page('Conflict', 'There was a conflict when trying to complete your request.'),
    );
    await storage.expect(204, 'DELETE', '/box/o');
    await storage.expect(204, 'DELETE', '/box');
    await storage.expect(404, 'DELETE', '/box');
    await storage.expect(404, 'POST', '/box');
  });

  it('counts what accounts and containers hold', async () => {
    await storage.expect(201, 'PUT', '/counted');
    await storage.expect(201, 'PUT', '/counted/a', { body: '12345' });
    await storage.expect(201, 'PUT', '/counted/b', { body: '123' });
    await storage.expect(201, 'PUT', '/counted/a', { body: '1' });
    const container = await storage.expect(204, 'HEAD', '/counted');
    assert.equal(container.headers['x-container-object-count'], '2');
    assert.equal(container.headers['x-container-bytes-used'], '4');
    const account = await storage.expect(204, 'HEAD', '');
    assert.equal(account.headers['x-account-container-count'], '1');
    assert.equal(account.headers['x-account-object-count'], '2');
    assert.equal(account.headers['x-account-bytes-used'], '4');
    await storage.expect(204, 'DELETE', '/counted/a');
    await storage.expect(204, 'DELETE', '/counted/b');
    await storage.expect(204, 'DELETE', '/counted');
    const emptied = await storage.expect(204, 'HEAD', '');
    assert.equal(emptied.headers['x-account-bytes-used'], '0');
    assert.equal(emptied.headers['x-account-container-count'], '0');
  });

  it('refuses metadata beyond the limits', async () => {
    await storage.expect(201, 'PUT', '/limits');
    const refused = async (headers: Record<string, string>, text: string): Promise<void> => {
      assert.equal((await storage.expect(400, 'POST', '/limits', { headers })).text, text);
    };
    await refused(
      { 'x-container-meta-v': 'v'.repeat(257) },
      'Metadata value longer than 256: x-container-meta-V',
    );
    await refused(
      { [`x-container-meta-${'n'.repeat(129)}`]: 'v' },
      `Metadata name too long: x-container-meta-N${'n'.repeat(128)}`,
    );
    const many = Array.from({ length: 91 }, (_, i) => [`x-container-meta-k${i}`, 'v']);
    await refused(
      Object.fromEntries(many) as Record<string, string>,
      'Too many metadata items; max 90',
    );
    await refused(
      { 'x-container-read': '.r:' },
      "No host/domain value after referrer designation in ACL: '.r:'",
    );
    assert.equal(
      (await storage.expect(400, 'PUT', `/${'c'.repeat(257)}`)).text,
      'Container name length of 257 longer than 256',
    );
  });

  it('lets nobody in without a token, and no token into another account', async () => {
    const anonymous = await storage.expect(401, 'GET', '/limits', { token: null });
    assert.match(
      anonymous.headers['www-authenticate'] ?? '',
      new RegExp(
        `^Swift realm="${storage.account}", Keystone uri="http://127.0.0.1:\\d+/identity/v3"$`,
      ),
    );
    await storage.expect(401, 'HEAD', '', { token: 'rubbish' });
    await storage.expect(401, 'GET', '/not-there/o', { token: null });
    const other = await storage.expect(403, 'GET', '/v1/AUTH_other/c');
    assert.equal(other.text, page('Forbidden', 'Access was denied to this resource.'));
    await storage.expect(403, 'PUT', '/v1/AUTH_other/c/o', { body: 'x' });
  });

  it('opens containers to everyone who is let in by the read ACL', async () => {
    await storage.expect(201, 'PUT', '/public', { headers: { 'x-container-read': '.r : *' } });
    await storage.expect(201, 'PUT', '/public/o', { body: 'for all' });
    assert.equal((await storage.expect(200, 'GET', '/public/o', { token: null })).text, 'for all');
    await storage.expect(404, 'GET', '/public/none', { token: null });
    await storage.expect(401, 'GET', '/public', { token: null });
    await storage.expect(401, 'PUT', '/public/o', { token: null, body: 'x' });
    await storage.expect(204, 'POST', '/public', {
      headers: { 'x-container-read': '.r:*,.rlistings', 'x-container-meta-temp-url-key': 'k' },
    });
    const listing = await storage.expect(200, 'GET', '/public', { token: null });
    assert.equal(listing.text, 'o\n');
    assert.equal(listing.headers['x-container-read'], undefined);
    assert.equal(listing.headers['x-container-meta-temp-url-key'], undefined);
  });

  it('refuses what is no path or no method', async () => {
    assert.equal(
      (await storage.expect(412, 'GET', '/box/%ff')).text,
      'Invalid UTF8 or contains NULL',
    );
    await storage.expect(412, 'GET', '/box/%00');
    assert.equal((await storage.expect(412, 'GET', '//o')).text, 'Bad URL');
    assert.equal((await storage.expect(412, 'GET', '/v1')).text, 'Bad URL');
    await storage.expect(414, 'GET', `/box/${'o'.repeat(8192)}`);
    const method = await storage.expect(405, 'PUT', '');
    assert.equal(method.headers.allow, 'GET, POST, OPTIONS, HEAD');
    await storage.expect(405, 'PATCH', '/box/o');
    await storage.expect(200, 'OPTIONS', '/box/o');
  });
});
