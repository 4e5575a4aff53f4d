import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startCloud, type TestCloud } from './start-cloud.js';
import { md5, page, StorageClient, type StorageAnswer } from './storage-client.js';

const PARTS = ['first segment,', 'second segment,', 'third'];
const WHOLE = PARTS.join('');

describe('static large objects', () => {
  let cloud: TestCloud;
  let storage: StorageClient;
  const segments = PARTS.map((part, index) => ({
    path: `/seg/${index}`,
    etag: md5(part),
    size_bytes: part.length,
  }));
  const etag = md5(PARTS.map(md5).join(''));

  before(async () => {
    cloud = await startCloud();
    storage = StorageClient.of(cloud);
    await storage.expect(201, 'PUT', '/seg');
    await storage.expect(201, 'PUT', '/c');
    for (const [index, body] of PARTS.entries()) {
      await storage.expect(201, 'PUT', `/seg/${index}`, { body });
    }
    await storage.expect(201, 'PUT', '/seg/empty');
  });
  after(() => cloud.close());

  const putManifest = (
    name: string,
    manifest: unknown,
    headers: Record<string, string> = {},
  ): Promise<StorageAnswer> =>
    storage.call('PUT', `/c/${name}?multipart-manifest=put`, {
      headers,
      body: typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
    });

  it('reads as its segments one after the other', async () => {
    const put = await putManifest('o', segments, { 'content-type': 'a/b; c=d' });
    assert.equal(put.status, 201, put.text);
    assert.equal(put.headers.etag, `"${etag}"`);
    for (const method of ['GET', 'HEAD']) {
      const { headers, text } = await storage.expect(200, method, '/c/o');
      assert.equal(text, method === 'GET' ? WHOLE : '');
      assert.equal(headers.etag, `"${etag}"`);
      assert.equal(headers['content-length'], String(WHOLE.length));
      assert.equal(headers['content-type'], 'a/b; c=d');
      assert.equal(headers['x-static-large-object'], 'True');
      assert.match(headers['x-manifest-etag'] as string, /^[0-9a-f]{32}$/);
    }
    const [listed] = JSON.parse((await storage.call('GET', '/c?format=json')).text) as [
      Record<string, unknown>,
    ];
    assert.equal(listed.bytes, WHOLE.length);
    assert.equal(listed.slo_etag, `"${etag}"`);
    assert.equal(listed.content_type, 'a/b;c=d');
  });

  it('answers ranges across segments', async () => {
    for (const [range, start, end] of [
      ['bytes=0-3', 0, 4],
      ['bytes=10-30', 10, 31],
      ['bytes=14-28', 14, 29],
      ['bytes=-3', 31, 34],
    ] as const) {
      const { text, headers } = await storage.expect(206, 'GET', '/c/o', { headers: { range } });
      assert.equal(text, WHOLE.slice(start, end));
      assert.equal(headers['content-range'], `bytes ${start}-${end - 1}/34`);
    }
    const several = await storage.expect(206, 'GET', '/c/o', {
      headers: { range: 'bytes=12-15,-2' },
    });
    assert.ok(several.text.includes('bytes 12-15/34\r\n\r\nt,se\r\n'), several.text);
    assert.ok(several.text.includes('bytes 32-33/34\r\n\r\nrd\r\n'), several.text);
    await storage.expect(416, 'GET', '/c/o', { headers: { range: 'bytes=34-' } });
    await storage.expect(304, 'GET', '/c/o', { headers: { 'if-none-match': `"${etag}"` } });
  });

  it('shows its manifest', async () => {
    const { text, headers } = await storage.expect(200, 'GET', '/c/o?multipart-manifest=get');
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(headers.etag, md5(text));
    const stored = JSON.parse(text) as Record<string, unknown>[];
    assert.deepEqual(
      stored.map((segment) => ({ ...segment, last_modified: '' })),
      PARTS.map((part, index) => ({
        name: `/seg/${index}`,
        bytes: part.length,
        hash: md5(part),
        content_type: 'application/octet-stream',
        last_modified: '',
      })),
    );
    const raw = await storage.expect(200, 'GET', '/c/o?multipart-manifest=get&format=raw');
    assert.deepEqual(JSON.parse(raw.text), segments);
  });

  it('says everything that is wrong with a manifest', async () => {
    const [first] = segments;
    for (const [manifest, text] of [
      ['{', 'Manifest must be valid JSON.\n'],
      ['{}', 'Manifest must be a list.\n'],
      [
        [{ path: '/seg' }, { path: '/seg/0', x: 1 }, { path: 5 }],
        'Index 0: path does not refer to an object. Path must be of the form /container/object.\n' +
          'Index 1: extraneous keys "x"\nIndex 2: "path" must be a string\n',
      ],
      [
        [{ path: '/seg/0', size_bytes: 0 }, first],
        'Index 0: too small; each segment must be at least 1 byte.\n',
      ],
      [[{ path: '/seg/0', range: '1-2,3-4' }], 'Index 0: multiple ranges (only one allowed)\n'],
      [[{ path: '/c/bad' }], 'Index 0: manifest must not include itself as a segment\n'],
    ] as const) {
      const refused = await putManifest('bad', manifest);
      assert.equal(refused.status, 400);
      assert.equal(refused.text, text);
    }
    const many = await putManifest('bad', Array(1001).fill({ path: '/seg/0' }));
    assert.equal(many.status, 413);
    assert.equal(many.text, 'Number of object-backed segments must be <= 1000');
  });

  it('says every segment that is not as the manifest has it', async () => {
    const wrong = [
      { path: '/seg/none' },
      { path: '/seg/0', etag: 'x', size_bytes: 3 },
      { path: '/seg/empty' },
      { path: '/seg/1', range: '90-' },
      segments[2],
    ];
    const text = await putManifest('bad', wrong);
    assert.equal(text.status, 400);
    assert.equal(
      text.text,
      'Errors:\n/seg/none, 404 Not Found\n/seg/0, Size Mismatch\n/seg/0, Etag Mismatch\n' +
        '/seg/empty, Too small; each segment must be at least 1 byte.\n' +
        '/seg/1, Unsatisfiable Range\n',
    );
    const json = await putManifest('bad', [{ path: '/seg/none' }], { accept: 'application/json' });
    assert.equal(json.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(json.text), { Errors: [['/seg/none', '404 Not Found']] });
    await storage.expect(404, 'HEAD', '/c/bad');
    assert.equal((await putManifest('bad', segments, { etag: 'other' })).status, 422);
  });

  it('takes parts of segments, inline data and other large objects', async () => {
    const nested = await putManifest('nested', [
      { path: '/c/o', range: '6-19' },
      { data: Buffer.from('<inline>').toString('base64') },
      { path: 'seg/2' },
      { path: '/seg/empty' },
    ]);
    assert.equal(nested.status, 201, nested.text);
    const expected = `${WHOLE.slice(6, 20)}<inline>third`;
    assert.equal((await storage.expect(200, 'GET', '/c/nested')).text, expected);
    const { text } = await storage.expect(206, 'GET', '/c/nested', {
      headers: { range: 'bytes=5-24' },
    });
    assert.equal(text, expected.slice(5, 25));
  });

  it('is copied whole, or as a manifest', async () => {
    await storage.expect(201, 'COPY', '/c/o', { headers: { destination: 'c/whole' } });
    const whole = await storage.expect(200, 'GET', '/c/whole');
    assert.equal(whole.text, WHOLE);
    assert.equal(whole.headers['x-static-large-object'], undefined);
    assert.equal(whole.headers.etag, md5(WHOLE));
    await storage.expect(201, 'COPY', '/c/o?multipart-manifest=get', {
      headers: { destination: 'c/manifest' },
    });
    const manifest = await storage.expect(200, 'GET', '/c/manifest');
    assert.equal(manifest.headers['x-static-large-object'], 'True');
    assert.equal(manifest.text, WHOLE);
  });

  it('is read by others only as far as its segments are', async () => {
    await storage.expect(204, 'POST', '/c', { headers: { 'x-container-read': '.r:*' } });
    await storage.expect(409, 'GET', '/c/o', { token: null });
    await storage.expect(204, 'POST', '/seg', { headers: { 'x-container-read': '.r:*' } });
    assert.equal((await storage.expect(200, 'GET', '/c/o', { token: null })).text, WHOLE);
  });

  it('gives no other bytes when a segment was replaced', async () => {
    await storage.expect(201, 'PUT', '/seg/1', { body: 'other  segment,' });
    const late = await storage.call('GET', '/c/o');
    assert.ok(late.brokeOff);
    assert.equal(late.text, PARTS[0]);
    const first = await storage.expect(409, 'GET', '/c/o', { headers: { range: 'bytes=20-' } });
    assert.equal(
      first.text,
      page('Conflict', 'There was a conflict when trying to complete your request.'),
    );
    await storage.expect(201, 'PUT', '/seg/1', { body: PARTS[1] });
    assert.equal((await storage.expect(200, 'GET', '/c/o')).text, WHOLE);
  });

  it('is deleted alone or with its segments', async () => {
    await storage.expect(204, 'DELETE', '/c/manifest');
    assert.deepEqual(await storage.names('/seg'), ['0', '1', '2', 'empty']);
    const plain = await storage.expect(200, 'DELETE', '/seg/0?multipart-manifest=delete');
    assert.equal(
      plain.text,
      'Number Deleted: 0\nNumber Not Found: 0\nResponse Body: \nResponse Status: 400 Bad Request\n' +
        'Errors:\n/seg/0, Not an SLO manifest\n',
    );
    const { text } = await storage.expect(200, 'DELETE', '/c/nested?multipart-manifest=delete', {
      headers: { accept: 'application/json' },
    });
    // Itself, c/o with its three segments, and the empty one; seg/2 is gone at the second time.
    assert.deepEqual(JSON.parse(text), {
      'Response Status': '200 OK',
      'Response Body': '',
      'Number Deleted': 6,
      'Number Not Found': 1,
      Errors: [],
    });
    await storage.expect(204, 'GET', '/seg');
    assert.deepEqual(await storage.names('/c'), ['whole']);
  });
});
