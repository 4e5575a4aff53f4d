import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf, md5, TEMP_URL_KEY } from './calls.js';
import { bytes, json, scripted } from './scripted-cloud.js';

const notFound = '<html><h1>Not Found</h1><p>The resource could not be found.</p></html>';

test('a missing object is absent; the page that says so is not its content', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    response.writeHead(404, { 'content-type': 'text/html' }).end(notFound);
  });
  const { objectStorage } = cloud;
  assert.equal(await objectStorage.readText('c', 'o', 100), undefined);
  assert.equal(await objectStorage.headObject('c', 'o'), undefined);
  assert.equal(await objectStorage.headContainer('c'), undefined);
  assert.deepEqual(await objectStorage.listObjects('c', 'p'), []);
  await objectStorage.deleteObject('c', 'o');
  await objectStorage.deleteContainer('c');
});

test('the beginning of an object as text, JSON or not, of a cloud that knows ranges or not', async (t) => {
  const contents: Record<string, Buffer> = {
    json: Buffer.from('{"state":"ready"}'),
    text: Buffer.from('é'.repeat(100)),
    empty: Buffer.alloc(0),
  };
  const { cloud } = await scripted(t, (request, response) => {
    const name = request.path.split('/').at(-1) ?? '';
    assert.equal(request.headers.range, 'bytes=0-9');
    if (name === 'empty') {
      response.writeHead(416).end('<html><h1>Requested Range Not Satisfiable</h1></html>');
    } else {
      response.writeHead(200, { 'content-type': 'application/json' }).end(contents[name]);
    }
  });
  const { objectStorage } = cloud;
  assert.equal(await objectStorage.readText('c', 'json', 10), '{"state":"');
  assert.equal(await objectStorage.readText('c', 'text', 10), 'é'.repeat(5));
  assert.equal(await objectStorage.readText('c', 'empty', 10), '');
});

test('an object is told with its metadata, and its ETag without quotes', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    assert.equal(request.method, 'HEAD');
    response.writeHead(200, {
      etag: '"e12e3b9b"',
      'content-length': '1179648',
      'content-type': 'application/gzip',
      'last-modified': 'Wed, 25 Nov 2026 21:35:42 GMT',
      'x-object-meta-sha256': 'cd',
    });
    response.end();
  });
  const head = await cloud.objectStorage.headObject('c', 'big');
  assert.deepEqual(head, {
    name: 'big',
    etag: 'e12e3b9b',
    bytes: 1179648,
    contentType: 'application/gzip',
    metadata: { sha256: 'cd' },
  });
});

test('a container is created with its metadata and told with it', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    assert.equal(request.path, '/v1/AUTH_p1/a%20c');
    if (request.method === 'PUT') {
      assert.equal(request.headers['x-container-meta-kubeup-cluster'], 'k');
      response.writeHead(201).end();
    } else {
      const told = { 'x-container-object-count': '3', 'x-container-meta-kubeup-cluster': 'k' };
      response.writeHead(204, told).end();
    }
  });
  await cloud.objectStorage.createContainer('a c', { 'kubeup-cluster': 'k' });
  assert.deepEqual(await cloud.objectStorage.headContainer('a c'), {
    objects: 3,
    metadata: { 'kubeup-cluster': 'k' },
  });
});

test('a container goes only when it is empty: nothing in it is deleted on the way', async (t) => {
  const asked: string[] = [];
  const { cloud } = await scripted(t, (request, response) => {
    asked.push(`${request.method} ${request.path}`);
    response
      .writeHead(409)
      .end(
        '<html><h1>Conflict</h1><p>There was a conflict when trying to complete your request.</p></html>',
      );
  });
  const failure = await failureOf(cloud.objectStorage.deleteContainer('c'));
  assert.deepEqual([failure.kind, failure.reason], ['transient', 'InUse']);
  assert.deepEqual(asked, ['DELETE /v1/AUTH_p1/c']);
});

const segments = [
  { name: 'r/segments/0 é', etag: 'e0', bytes: 16 },
  { name: 'r/segments/1', etag: 'e1', bytes: 3 },
];

test("a large object's manifest names its segments, and its ETag is theirs", async (t) => {
  const { cloud } = await scripted(t, async (request, response) => {
    assert.equal(request.method, 'PUT');
    assert.equal(request.path, '/v1/AUTH_p1/c%20c/r/release?multipart-manifest=put');
    assert.equal(request.headers['content-type'], 'application/gzip');
    assert.equal(request.headers['x-object-meta-sha256'], 'ab');
    assert.deepEqual(JSON.parse((await bytes(request)).toString()), [
      { path: '/c c/r/segments/0 é', etag: 'e0', size_bytes: 16 },
      { path: '/c c/r/segments/1', etag: 'e1', size_bytes: 3 },
    ]);
    response.writeHead(201, { etag: `"${md5(Buffer.from('e0e1'))}"` }).end();
  });
  const attributes = { contentType: 'application/gzip', metadata: { sha256: 'ab' } };
  await cloud.objectStorage.putLargeObject('c c', 'r/release', segments, attributes);
});

test('a manifest over missing segments is tried again; over other bytes it is no success', async (t) => {
  const answers = [
    [400, {}, 'Errors:\n/c/r/segments/1, 404 Not Found'],
    [201, { etag: '"d41d8cd98f00b204e9800998ecf8427e"' }, ''],
  ] as const;
  let asked = 0;
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    const [status, headers, text] = answers[asked++] ?? assert.fail('asked too often');
    response.writeHead(status, headers).end(text);
  });
  for (const expected of ['SegmentsDiffer', 'DamagedUpload']) {
    const put = cloud.objectStorage.putLargeObject('c', 'o', segments, { contentType: 'x/y' });
    const { kind, reason } = await failureOf(put);
    assert.deepEqual([kind, reason], ['transient', expected]);
  }
});

test('the temp URL keys are read as they are, and the first one is set', async (t) => {
  const keys: Record<string, string> = {};
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    assert.equal(request.path, '/v1/AUTH_p1');
    if (request.method === 'POST') {
      keys['x-account-meta-temp-url-key'] = String(request.headers['x-account-meta-temp-url-key']);
    }
    response.writeHead(204, { ...keys, 'x-account-object-count': '1' }).end();
  });
  assert.deepEqual(await cloud.objectStorage.tempUrlKeys(), []);
  keys['x-account-meta-temp-url-key-2'] = 'second';
  assert.deepEqual(await cloud.objectStorage.tempUrlKeys(), ['second']);
  await cloud.objectStorage.setTempUrlKey(TEMP_URL_KEY);
  assert.deepEqual(await cloud.objectStorage.tempUrlKeys(), [TEMP_URL_KEY, 'second']);
});

test('`/info` is read once; what refuses it for good tells nothing, an outage is one', async (t) => {
  const asked: string[] = [];
  let answer: [number, unknown] = [503, {}];
  const { cloud } = await scripted(t, (request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/info') {
      json(response, ...answer);
    } else {
      response.writeHead(403).end();
    }
  });
  const { objectStorage } = cloud;
  assert.equal((await failureOf(objectStorage.capabilities())).reason, 'CloudUnavailable');
  answer = [413, { overLimit: { message: 'Too many', retryAfter: '9' } }];
  assert.equal((await failureOf(objectStorage.capabilities())).reason, 'RateLimited');
  answer = [200, { swift: { version: '2.30.1' }, slo: { max_manifest_segments: 99 } }];
  const capabilities = { tempUrlDigests: [], tempUrlMethods: [], maxSegments: 99 };
  assert.deepEqual(await objectStorage.capabilities(), capabilities);
  assert.deepEqual(await objectStorage.capabilities(), capabilities);
  assert.deepEqual(asked, Array(3).fill(['/object-store/info', '/info']).flat());
});

test('where `/info` is hidden, what Swift always had counts', async (t) => {
  for (const status of [200, 401, 404]) {
    const { cloud } = await scripted(t, (_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<html>welcome</html>');
    });
    assert.deepEqual(await cloud.objectStorage.capabilities(), {
      tempUrlDigests: ['sha1'],
      tempUrlMethods: ['GET', 'HEAD', 'PUT'],
      maxSegments: 1000,
    });
  }
});
