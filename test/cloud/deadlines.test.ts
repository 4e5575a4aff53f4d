import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { bodyOf, everyCall, failureOf, md5 } from './calls.js';
import { bytes, json, scripted } from './scripted-cloud.js';

/** Long enough for a log-in on a busy machine. */
const SOON = { callTimeoutMs: 1000, uploadIdleMs: 1000 };

/** A manifest has ten times as long, see below. */
const calls = Object.entries(everyCall).filter(([name]) => name !== 'putLargeObject');
const upload = { contentType: 'application/gzip' };

test('every call that is never answered ends by itself', async (t) => {
  const { cloud } = await scripted(t, (request) => void request.resume(), SOON);
  await Promise.all(
    calls.map(async ([name, call]) => {
      const failure = await failureOf(call(cloud));
      assert.deepEqual([failure.kind, failure.reason], ['transient', 'Timeout'], name);
    }),
  );
});

test('every call whose answer stops half-way ends by itself', async (t) => {
  const { cloud } = await scripted(
    t,
    (request, response) => {
      request.resume();
      const status = request.method === 'POST' ? 202 : 200;
      response.writeHead(status, { 'content-length': '100' }).write('{');
    },
    SOON,
  );
  await Promise.all(
    // Nothing of a HEAD's answer is still to come.
    calls
      .filter(([name]) => !/^head|^tempUrlKeys$/.test(name))
      .map(async ([name, call]) => {
        assert.equal((await failureOf(call(cloud))).reason, 'Timeout', name);
      }),
  );
});

test('an answer without end is cut off, and its connection closed', async (t) => {
  const closed: Promise<void>[] = [];
  const { cloud } = await scripted(
    t,
    (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"servers":[');
      const timer = setInterval(() => response.write('  \n'), 5);
      closed.push(
        new Promise((resolve) => {
          response.on('close', () => {
            clearInterval(timer);
            resolve();
          });
        }),
      );
    },
    SOON,
  );
  const names = ['listServers', 'createServer', 'readText'];
  for (const name of names) {
    const failure = await failureOf(everyCall[name]?.(cloud) ?? assert.fail(name));
    assert.equal(failure.reason, 'Timeout', name);
  }
  await Promise.all(closed);
  assert.equal(closed.length, names.length);
});

test('a log-in that is never answered ends by itself, for all who wait for it', async (t) => {
  const { cloud, behind } = await scripted(t, () => assert.fail('logged in'), {
    ...SOON,
    login: () => true,
  });
  const failures = await Promise.all([1, 2, 3].map(() => failureOf(cloud.compute.listServers())));
  assert.deepEqual(
    failures.map(({ reason }) => reason),
    ['Timeout', 'Timeout', 'Timeout'],
  );
  assert.equal(behind.logins.length, 1);
});

test('an upload that stands still ends by itself, whichever side stands', async (t) => {
  const { cloud } = await scripted(t, () => undefined, SOON);
  const source = new Readable({ read: () => undefined });
  const large = 64 * 1024 * 1024;
  for (const open of [() => Buffer.alloc(large), () => source]) {
    const failure = await failureOf(
      cloud.objectStorage.putObject('c', 'o', { open, bytes: large, md5: '' }, upload),
    );
    assert.deepEqual([failure.kind, failure.reason], ['transient', 'Timeout']);
  }
  assert.ok(source.destroyed);
});

test('an upload may take longer than any limit while it moves', async (t) => {
  const { cloud } = await scripted(
    t,
    async (request, response) => {
      response.writeHead(201, { etag: md5(await bytes(request)) }).end();
    },
    SOON,
  );
  const piece = Buffer.alloc(1000, 'x');
  const pieces = Array.from({ length: 10 }, () => piece);
  const slowly = async function* (): AsyncGenerator<Buffer> {
    for (const next of pieces) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      yield next;
    }
  };
  const body = { ...bodyOf(Buffer.concat(pieces)), open: () => Readable.from(slowly()) };
  const began = performance.now();
  await cloud.objectStorage.putObject('c', 'o', body, upload);
  assert.ok(performance.now() - began > 2 * SOON.uploadIdleMs);
});

test('a manifest has ten times as long: each of its segments is looked at', async (t) => {
  const { cloud } = await scripted(
    t,
    (request, response) => {
      request.resume();
      setTimeout(() => response.writeHead(201, { etag: md5(Buffer.from('e')) }).end(), 2000);
    },
    SOON,
  );
  await everyCall.putLargeObject?.(cloud);
  assert.equal((await failureOf(cloud.compute.listServers())).reason, 'Timeout');
});

test('a call that was answered in time is not touched by its timer afterwards', async (t) => {
  const { cloud } = await scripted(
    t,
    (_request, response) => json(response, 200, { servers: [] }),
    SOON,
  );
  await cloud.compute.listServers();
  await new Promise((resolve) => setTimeout(resolve, 1.5 * SOON.callTimeoutMs));
  assert.deepEqual(await cloud.compute.listServers(), []);
});
