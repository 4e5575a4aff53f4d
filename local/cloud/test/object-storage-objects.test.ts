import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ObjectStore } from '../object-storage/object-store.js';
import { startCloud, type TestCloud } from './start-cloud.js';
import { md5, page, StorageClient } from './storage-client.js';

const BODY = '0123456789abcdefghijklmnopqrstuvwxyz';

describe('objects', () => {
  let cloud: TestCloud;
  let storage: StorageClient;

  before(async () => {
    cloud = await startCloud();
    storage = StorageClient.of(cloud);
    await storage.expect(201, 'PUT', '/c');
  });
  after(() => cloud.close());

  it('stores and gives back bytes, content type and metadata', async () => {
    const put = await storage.expect(201, 'PUT', '/c/o', {
      body: BODY,
      headers: {
        'content-type': 'text/plain; charset=utf-8;  odd="a; b"',
        etag: md5(BODY),
        'x-object-meta-color': 'blue',
        'content-disposition': 'inline',
        'x-unknown': 'gone',
      },
    });
    assert.equal(put.headers.etag, md5(BODY));
    for (const method of ['GET', 'HEAD']) {
      const { text, headers } = await storage.expect(200, method, '/c/o');
      assert.equal(text, method === 'GET' ? BODY : '');
      assert.equal(headers.etag, md5(BODY));
      assert.equal(headers['content-type'], 'text/plain; charset=utf-8;  odd="a; b"');
      assert.equal(headers['content-length'], String(BODY.length));
      assert.equal(headers['x-object-meta-color'], 'blue');
      assert.equal(headers['content-disposition'], 'inline');
      assert.equal(headers['x-unknown'], undefined);
      assert.equal(headers['accept-ranges'], 'bytes');
      assert.match(headers['x-timestamp'] as string, /^\d{10}\.\d{5}$/);
      const age = Date.now() - Date.parse(headers['last-modified'] ?? '');
      assert.ok(age > -1001 && age < 60_000, `Last-Modified is ${age} ms ago`);
    }
  });

  it('takes names as they are', async () => {
    const names = [
      'a b',
      'per%cent',
      'q?uestion#',
      'ünï/cødé',
      'x/v1/y',
      '/leading',
      'trailing/',
      'dou//ble',
      '../..',
      'plus+',
      '😀',
      '\ufeffbom',
      '日'.repeat(800),
    ];
    for (const name of names) {
      const path = `/c/${name.split('/').map(encodeURIComponent).join('/')}`;
      await storage.expect(201, 'PUT', path, { body: name });
      assert.equal((await storage.expect(200, 'GET', path)).text, name);
    }
    const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(
      (await storage.names('/c')).filter((name) => name !== 'o'),
      sorted,
    );
    // Decoded once; an encoded slash is a slash, and what is no encoding is itself.
    assert.equal((await storage.expect(200, 'GET', '/c/x%2Fv1%2fy')).text, 'x/v1/y');
    await storage.expect(404, 'GET', '/c/per%2525cent');
    await storage.expect(201, 'PUT', '/c/%zz', { body: 'z' });
    assert.equal((await storage.expect(200, 'GET', '/c/%25zz')).text, 'z');
  });

  it('refuses names that are too long', async () => {
    const { text } = await storage.expect(400, 'PUT', `/c/${'o'.repeat(1025)}`, { body: 'x' });
    assert.equal(text, 'Object name length of 1025 longer than 1024');
    await storage.expect(201, 'PUT', `/c/${'o'.repeat(1024)}`, { body: 'x' });
  });

  it('keeps any content type, guesses a missing one, and refuses Swift’s own', async () => {
    for (const type of ['text', 'no/type with blanks', 'a/b;;', '; state=odd', 'x'.repeat(300)]) {
      await storage.expect(201, 'PUT', '/c/typed', { headers: { 'content-type': type } });
      const { headers } = await storage.expect(200, 'HEAD', '/c/typed');
      assert.equal(headers['content-type'], type);
    }
    for (const [name, type] of [
      ['r.tar.gz', 'application/x-tar'],
      ['r.json', 'application/json'],
      ['r', 'application/octet-stream'],
    ]) {
      await storage.expect(201, 'PUT', `/c/${name}`, { body: 'x' });
      const { headers } = await storage.expect(200, 'GET', `/c/${name}`);
      assert.equal(headers['content-type'], type);
    }
    const refused = await storage.expect(400, 'PUT', '/c/typed', {
      headers: { 'content-type': 'a/b; swift_bytes=1' },
    });
    assert.equal(refused.text, 'Invalid Content-Type, swift_* is not a valid parameter name.');
  });

  it('takes chunked bodies', async () => {
    await storage.expect(201, 'PUT', '/c/chunked', {
      body: BODY,
      headers: { 'transfer-encoding': 'chunked' },
    });
    assert.equal((await storage.expect(200, 'GET', '/c/chunked')).text, BODY);
  });

  it('refuses what does not arrive as announced or is too large, and stores nothing', async () => {
    const wrong = await storage.expect(422, 'PUT', '/c/refused', {
      body: 'x',
      headers: { etag: md5('y') },
    });
    assert.equal(
      wrong.text,
      page('Unprocessable Entity', 'Unable to process the contained instructions'),
    );
    const large = await storage.expect(413, 'PUT', '/c/refused', {
      headers: { 'content-length': '5368709123' },
    });
    assert.equal(large.text, 'Your request is too large.');
    await storage.expect(404, 'HEAD', '/c/refused');
    const absent = await storage.expect(404, 'PUT', '/absent/o', { body: 'x' });
    assert.equal(absent.text, page('Not Found', 'The resource could not be found.'));
  });

  it('replaces all metadata by a POST, but not the content type', async () => {
    await storage.expect(201, 'PUT', '/c/posted', {
      body: 'x',
      headers: { 'content-type': 'a/b', 'x-object-meta-old': '1', 'content-encoding': 'gzip' },
    });
    const posted = await storage.expect(202, 'POST', '/c/posted', {
      headers: { 'x-object-meta-new': '2' },
    });
    assert.equal(posted.text, page('Accepted', 'The request is accepted for processing.'));
    const { headers } = await storage.expect(200, 'HEAD', '/c/posted');
    assert.equal(headers['x-object-meta-old'], undefined);
    assert.equal(headers['x-object-meta-new'], '2');
    assert.equal(headers['content-encoding'], undefined);
    assert.equal(headers['content-type'], 'a/b');
    assert.equal((await storage.expect(200, 'GET', '/c/posted')).text, 'x');
    await storage.expect(202, 'POST', '/c/posted', { headers: { 'content-type': 'c/d' } });
    const typed = await storage.expect(200, 'HEAD', '/c/posted');
    assert.equal(typed.headers['content-type'], 'c/d');
    await storage.expect(404, 'POST', '/c/none');
  });

  it('copies both ways', async () => {
    await storage.expect(201, 'PUT', '/c/source', {
      body: BODY,
      headers: { 'content-type': 'a/b; c=d', 'x-object-meta-kept': '1' },
    });
    const copied = await storage.expect(201, 'COPY', '/c/source', {
      headers: { destination: 'c/by%20copy', 'x-object-meta-added': '2' },
    });
    assert.equal(copied.headers['x-copied-from'], 'c/source');
    assert.equal(copied.headers['x-copied-from-account'], storage.account);
    const { headers, text } = await storage.expect(200, 'GET', '/c/by%20copy');
    assert.equal(text, BODY);
    assert.equal(headers['content-type'], 'a/b; c=d');
    assert.equal(headers['x-object-meta-kept'], '1');
    assert.equal(headers['x-object-meta-added'], '2');
    await storage.expect(201, 'PUT', '/c/by-put', {
      headers: { 'x-copy-from': '/c/source', range: 'bytes=0-3', 'x-fresh-metadata': 'true' },
    });
    const part = await storage.expect(200, 'GET', '/c/by-put');
    assert.equal(part.text, '0123');
    assert.equal(part.headers['x-object-meta-kept'], undefined);
    await storage.expect(201, 'COPY', '/c/source', { headers: { destination: 'c/source' } });
    assert.equal((await storage.expect(200, 'GET', '/c/source')).text, BODY);
    await storage.expect(404, 'COPY', '/c/none', { headers: { destination: 'c/x' } });
    await storage.expect(404, 'COPY', '/c/source', { headers: { destination: 'absent/x' } });
    await storage.expect(412, 'COPY', '/c/source');
    const slashless = { destination: 'no-slash' };
    assert.equal(
      (await storage.expect(412, 'COPY', '/c/source', { headers: slashless })).text,
      'Destination header must be of the form <container name>/<object name>',
    );
  });

  it('forgets expired objects, in listings a while later', async () => {
    const past = await storage.expect(400, 'PUT', '/c/e', { headers: { 'x-delete-at': '100' } });
    assert.equal(past.text, 'X-Delete-At in past');
    const odd = await storage.expect(400, 'PUT', '/c/e', { headers: { 'x-delete-after': 'soon' } });
    assert.equal(odd.text, 'Non-integer X-Delete-After');
    const deleteAt = Math.floor(Date.now() / 1000) + 3;
    const expiring = { 'x-delete-at': String(deleteAt) };
    await storage.expect(201, 'PUT', '/c/e1', { body: '1', headers: expiring });
    await storage.expect(201, 'PUT', '/c/e2', { body: '2', headers: expiring });
    const { headers } = await storage.expect(200, 'HEAD', '/c/e1');
    assert.equal(headers['x-delete-at'], String(deleteAt));
    await storage.expect(202, 'POST', '/c/e2', { headers: { 'x-delete-after': '1000' } });
    while (Date.now() < deleteAt * 1000) await new Promise((done) => setTimeout(done, 20));
    await storage.expect(404, 'GET', '/c/e1');
    await storage.expect(404, 'DELETE', '/c/e1');
    assert.deepEqual(await storage.names('/c?prefix=e1'), ['e1']);
    const store = new ObjectStore(storage.account, cloud.cloud.state);
    await store.deleteExpired(Date.now());
    assert.deepEqual(await storage.names('/c?prefix=e1'), []);
    assert.equal((await storage.expect(200, 'GET', '/c/e2')).text, '2');
  });

  it('keeps to a container’s quota', async () => {
    const quota = { 'x-container-meta-quota-bytes': '10', 'x-container-meta-quota-count': '1' };
    await storage.expect(201, 'PUT', '/quota', { headers: quota });
    const { text } = await storage.expect(413, 'PUT', '/quota/o', { body: '12345678901' });
    assert.equal(text, 'Upload exceeds quota.');
    await storage.expect(201, 'PUT', '/quota/o', { body: '1' });
    await storage.expect(413, 'PUT', '/quota/p', { body: '1' });
  });
});
