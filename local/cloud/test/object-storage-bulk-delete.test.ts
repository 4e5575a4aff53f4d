import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startCloud, type TestCloud } from './start-cloud.js';
import { StorageClient } from './storage-client.js';

describe('bulk deletes', () => {
  let cloud: TestCloud;
  let storage: StorageClient;

  before(async () => {
    cloud = await startCloud();
    storage = StorageClient.of(cloud);
  });
  after(() => cloud.close());

  const bulkDelete = async (
    body: string,
    headers: Record<string, string> = {},
  ): Promise<Record<string, unknown>> => {
    const { text } = await storage.expect(200, 'POST', '?bulk-delete', {
      body,
      headers: { 'content-type': 'text/plain', accept: 'application/json', ...headers },
    });
    return JSON.parse(text) as Record<string, unknown>;
  };

  it('delete objects first, then containers, and tell what they could not', async () => {
    await storage.expect(201, 'PUT', '/c');
    await storage.expect(201, 'PUT', '/d');
    await storage.expect(201, 'PUT', '/d/kept', { body: 'x' });
    await storage.expect(201, 'PUT', '/c/a%20b', { body: 'x' });
    assert.deepEqual(await bulkDelete('/c\n/d\nc/a%20b\n/c/none\n\n'), {
      'Response Status': '400 Bad Request',
      'Response Body': '',
      'Number Deleted': 2,
      'Number Not Found': 1,
      Errors: [['/d', '409 Conflict']],
    });
    assert.deepEqual(await storage.names(''), ['d']);
    const text = await storage.expect(200, 'POST', '?bulk-delete', { body: '/d/kept' });
    assert.equal(
      text.text,
      'Number Deleted: 1\nNumber Not Found: 0\nResponse Body: \nResponse Status: 200 OK\nErrors:\n',
    );
  });

  it('refuse what is no list of names', async () => {
    const status = async (...args: Parameters<typeof bulkDelete>): Promise<unknown> =>
      (await bulkDelete(...args))['Response Status'];
    assert.equal(await status(''), '400 Bad Request');
    assert.equal(await status('/d', { 'content-type': 'application/json' }), '406 Not Acceptable');
    assert.equal(await status('/a/b\n'.repeat(10001)), '413 Request Entity Too Large');
    assert.deepEqual(await bulkDelete('/d', { 'x-auth-token': 'bad' }), {
      'Response Status': '400 Bad Request',
      'Response Body': '',
      'Number Deleted': 0,
      'Number Not Found': 0,
      Errors: [['/d', '401 Unauthorized']],
    });
  });
});
