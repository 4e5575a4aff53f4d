import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startCloud, type TestCloud } from './start-cloud.js';
import { md5, StorageClient } from './storage-client.js';

describe('dynamic large objects', () => {
  let cloud: TestCloud;
  let storage: StorageClient;

  before(async () => {
    cloud = await startCloud();
    storage = StorageClient.of(cloud);
    await storage.expect(201, 'PUT', '/c');
    for (const body of ['one', 'two']) {
      await storage.expect(201, 'PUT', `/c/s%20p/${body}`, { body });
    }
  });
  after(() => cloud.close());

  it('read as what lies under their prefix', async () => {
    await storage.expect(201, 'PUT', '/c/d', { headers: { 'x-object-manifest': 'c/s%20p/' } });
    const { text, headers } = await storage.expect(200, 'GET', '/c/d');
    assert.equal(text, 'onetwo');
    assert.equal(headers.etag, `"${md5(md5('one') + md5('two'))}"`);
    assert.equal(headers['x-object-manifest'], 'c/s%20p/');
    const range = { range: 'bytes=2-3' };
    assert.equal((await storage.expect(206, 'GET', '/c/d', { headers: range })).text, 'et');
    await storage.expect(201, 'PUT', '/c/s%20p/u', { body: '!' });
    assert.equal((await storage.expect(200, 'GET', '/c/d')).text, 'onetwo!');
    assert.equal((await storage.expect(200, 'GET', '/c/d?multipart-manifest=get')).text, '');
  });

  it('need a container and a prefix', async () => {
    for (const value of ['c', 'c/', '/c/p', 'c/p?x', 'c//p']) {
      const headers = { 'x-object-manifest': value };
      const { text } = await storage.expect(400, 'PUT', '/c/bad', { headers });
      assert.equal(text, 'X-Object-Manifest must be in the format container/prefix');
    }
    await storage.expect(201, 'PUT', '/c/lost', { headers: { 'x-object-manifest': 'none/p' } });
    await storage.expect(404, 'GET', '/c/lost');
  });
});
