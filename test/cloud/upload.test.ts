import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { bodyOf, failureOf, md5 } from './calls.js';
import { bytes, scripted } from './scripted-cloud.js';

const upload = { contentType: 'application/gzip', metadata: { sha256: 'ab' } };

for (const size of [0, 1, 131_072, 1_048_576]) {
  test(`${size} bytes as the very first call arrive whole`, async (t) => {
    const content = randomBytes(size);
    let stored: Buffer | undefined;
    const { cloud, behind } = await scripted(t, async (request, response) => {
      stored = await bytes(request);
      assert.equal(request.url, '/object-store/v1/AUTH_p1/c/a%20%C3%A9/b');
      assert.equal(request.headers['content-length'], String(size));
      assert.equal(request.headers['transfer-encoding'], undefined);
      assert.equal(request.headers['content-type'], 'application/gzip');
      assert.equal(request.headers['x-object-meta-sha256'], 'ab');
      assert.equal(request.headers.etag, md5(content));
      response.writeHead(201, { etag: `"${md5(stored)}"` }).end();
    });
    const body = { ...bodyOf(content), open: () => Readable.from([content]) };
    await cloud.objectStorage.putObject('c', 'a é/b', body, upload);
    assert.ok(stored?.equals(content));
    assert.equal(behind.logins.length, 1);
  });
}

test('progress tells the bytes handed on, of streams and buffers alike', async (t) => {
  const { cloud } = await scripted(t, async (request, response) => {
    response.writeHead(201, { etag: md5(await bytes(request)) }).end();
  });
  const content = randomBytes(150_000);
  const stream = (): Readable => Readable.from([content.subarray(0, 99), content.subarray(99)]);
  for (const [open, expected] of [
    [stream, [99, 150_000]],
    [() => content, [65_536, 131_072, 150_000]],
  ] as const) {
    const progress: number[] = [];
    await cloud.objectStorage.putObject('c', 'o', { ...bodyOf(content), open }, upload, {
      onProgress: (sent) => progress.push(sent),
    });
    assert.deepEqual(progress, expected);
  }
});

test('an upload is only done when the cloud says it stored what was sent', async (t) => {
  for (const etag of ['d41d8cd98f00b204e9800998ecf8427e', undefined]) {
    const { cloud } = await scripted(t, async (request, response) => {
      await bytes(request);
      response.writeHead(201, etag === undefined ? {} : { etag }).end();
    });
    const failure = await failureOf(
      cloud.objectStorage.putObject('c', 'o', bodyOf(Buffer.from('x')), upload),
    );
    assert.deepEqual([failure.kind, failure.reason], ['transient', 'DamagedUpload']);
  }
});

test('a body that the cloud found damaged is sent again', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    response
      .writeHead(422)
      .end('<html><h1>Unprocessable Entity</h1><p>Unable to process the instructions</p></html>');
  });
  const failure = await failureOf(
    cloud.objectStorage.putObject('c', 'o', bodyOf(Buffer.from('x')), upload),
  );
  assert.deepEqual([failure.kind, failure.reason], ['transient', 'DamagedUpload']);
});

const piece = Buffer.alloc(1000);
const failing = (): Readable =>
  new Readable({
    read() {
      this.push(piece);
      this.destroy(new Error('disk on fire'));
    },
  });
for (const [what, open, message] of [
  ['fails', failing, /disk on fire/],
  ['ends early', () => Readable.from([piece]), /ended after 1000 of 5000 bytes/],
  ['goes on', () => Readable.from(Array(9).fill(piece)), /more than the 5000 bytes/],
  [
    'cannot be opened',
    () => {
      throw new Error('no such file');
    },
    /no such file/,
  ],
] as const) {
  test(`an upload whose source ${what} comes back, and the cloud gets no whole body`, async (t) => {
    let whole = 0;
    const { cloud } = await scripted(t, async (request, response) => {
      await bytes(request);
      whole += 1;
      response.writeHead(201).end();
    });
    const body = { open, bytes: 5000, md5: '' };
    const failure = await failureOf(cloud.objectStorage.putObject('c', 'o', body, upload));
    assert.deepEqual([failure.kind, failure.reason], ['blocked', 'SourceFailed']);
    assert.match(failure.message, message);
    assert.equal(whole, 0);
  });
}

test('a connection that breaks under an upload is not blamed on its source', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    if (request.method === 'PUT') {
      request.once('data', () => request.socket.resetAndDestroy());
    } else {
      response.writeHead(204).end();
    }
  });
  const content = randomBytes(8 * 1024 * 1024);
  const halves = [content.subarray(0, 4_000_000), content.subarray(4_000_000)];
  for (const open of [() => content, () => Readable.from(halves)]) {
    const body = { ...bodyOf(content), open };
    const failure = await failureOf(cloud.objectStorage.putObject('c', 'o', body, upload));
    assert.deepEqual([failure.kind, failure.reason], ['transient', 'ConnectionLost']);
  }
});
