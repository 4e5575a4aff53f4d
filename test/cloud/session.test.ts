import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openCloud } from '../../cloud/open.js';
import type { Cloud, ObjectBody } from '../../cloud/port.js';
import type { ApiCall, SessionOptions } from '../../cloud/session.js';
import type { Failure } from '../../cluster/errors.js';
import { KubeupError } from '../../cluster/errors.js';
import { bytes, json, startScriptedCloud } from './scripted-cloud.js';
import type { Script, ScriptedCloud, ScriptedCloudOptions } from './scripted-cloud.js';

async function scripted(
  t: TestContext,
  script: Script,
  options: SessionOptions & ScriptedCloudOptions = {},
): Promise<{ cloud: Cloud; behind: ScriptedCloud }> {
  const behind = await startScriptedCloud(script, options);
  t.after(() => behind.close());
  return { cloud: openCloud(behind.account(), options), behind };
}

async function failureOf(call: Promise<unknown>): Promise<Failure> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof KubeupError, String(error));
    return error.failure;
  }
  throw new assert.AssertionError({ message: 'the call succeeded' });
}

const NEW_SERVER = {
  name: 'kubernetes-master',
  imageId: 'i',
  flavorId: 'f',
  keyName: 'k',
  networkIds: ['n1'],
  userData: '#cloud-config\n',
  metadata: {},
};

const UPLOAD = { contentType: 'application/octet-stream' };

function bodyOf(content: Buffer): ObjectBody {
  return {
    open: () => content,
    bytes: content.length,
    md5: createHash('md5').update(content).digest('hex'),
  };
}

const storeAnything: Script = async (request, response) => {
  const body = await bytes(request);
  response.writeHead(201, { etag: createHash('md5').update(body).digest('hex') }).end();
};

test('statuses that pkgcloud takes for success are failures, and their calls come back', async (t) => {
  for (const [status, reason] of [
    [429, 'RateLimited'],
    [502, 'CloudUnavailable'],
    [504, 'CloudUnavailable'],
    [507, 'CloudUnavailable'],
    [302, 'UnexpectedAnswer'],
  ] as const) {
    const { cloud } = await scripted(t, (request, response) => {
      request.resume();
      response.writeHead(status, { location: 'http://127.0.0.1:1/', 'x-trans-id': 'tx1' }).end();
    });
    for (const call of [
      () => cloud.compute.createServer(NEW_SERVER),
      () => cloud.compute.getServer('s1'),
      () => cloud.compute.listServers(),
      () => cloud.network.deleteNetwork('n1'),
      () => cloud.objectStorage.putObject('c', 'o', bodyOf(Buffer.from('x')), UPLOAD),
    ]) {
      const failure = await failureOf(call());
      assert.equal(failure.reason, reason, `${status}: ${failure.attempted}`);
      assert.equal(failure.kind, 'transient');
      assert.equal(failure.status, status);
      assert.equal(failure.requestId, 'tx1');
    }
  }
});

test('a success without the promised content comes back too', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    json(response, 200, {});
  });
  for (const call of [
    () => cloud.compute.createServer(NEW_SERVER),
    () => cloud.compute.getServer('s1'),
    () => cloud.compute.listServers(),
    () => cloud.compute.limits(),
    () => cloud.keyPairs.import('k', 'ssh-ed25519 AAAA'),
    () => cloud.keyPairs.list(),
    () => cloud.network.createNetwork({ name: 'n' }),
    () => cloud.objectStorage.listObjects('c', ''),
  ]) {
    assert.equal((await failureOf(call())).reason, 'UnexpectedAnswer');
  }
});

test('a login page in front of the cloud is no answer of the cloud', async (t) => {
  const { cloud } = await scripted(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
  });
  assert.equal((await failureOf(cloud.compute.getServer('s1'))).reason, 'UnexpectedAnswer');
});

test('a call that is never answered ends by itself', async (t) => {
  const { cloud } = await scripted(t, (request) => void request.resume(), { callTimeoutMs: 100 });
  for (const call of [
    () => cloud.compute.createServer(NEW_SERVER),
    () => cloud.compute.listServers(),
  ]) {
    const failure = await failureOf(call());
    assert.equal(failure.kind, 'transient');
    assert.equal(failure.reason, 'Timeout');
  }
});

test('an answer that stops half-way ends by itself', async (t) => {
  const { cloud } = await scripted(
    t,
    (_request, response) => void response.writeHead(200, { 'content-length': '100' }).write('{'),
    { callTimeoutMs: 100 },
  );
  assert.equal((await failureOf(cloud.compute.listServers())).reason, 'Timeout');
});

test('a log-in that is never answered ends by itself, for all who wait for it', async (t) => {
  const { cloud, behind } = await scripted(t, () => assert.fail('logged in'), {
    callTimeoutMs: 100,
    login: () => true,
  });
  const failures = await Promise.all([1, 2, 3].map(() => failureOf(cloud.compute.listServers())));
  assert.deepEqual(
    failures.map(({ reason }) => reason),
    ['Timeout', 'Timeout', 'Timeout'],
  );
  assert.equal(behind.logins.length, 1);
});

test('an aborted call rejects with the reason of the signal', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    if (request.path.endsWith('/servers?limit=1')) {
      json(response, 200, { servers: [] });
    }
  });
  await cloud.identity.authenticate();
  const reason = new Error('no longer wanted');
  for (const call of [
    (signal: AbortSignal) => cloud.compute.listServers({}, { signal }),
    (signal: AbortSignal) =>
      cloud.objectStorage.putObject('c', 'o', bodyOf(Buffer.alloc(10)), UPLOAD, { signal }),
  ]) {
    const controller = new AbortController();
    const running = call(controller.signal);
    setImmediate(() => controller.abort(reason));
    await assert.rejects(running, (error) => error === reason);
    await assert.rejects(call(controller.signal), (error) => error === reason);
  }
});

test('one caller giving up does not take the log-in from the others', async (t) => {
  let release: (() => void) | undefined;
  const arrived = new Promise<void>((resolve) => (release = resolve));
  const { cloud, behind } = await scripted(
    t,
    (_q, response) => json(response, 200, { servers: [] }),
    {
      login: (_body, response) => {
        release?.();
        holdBack.push(response);
        return holdBack.length === 1;
      },
    },
  );
  const holdBack: ServerResponse[] = [];
  const controller = new AbortController();
  const impatient = cloud.compute.listServers({}, { signal: controller.signal });
  const patient = cloud.compute.listServers();
  await arrived;
  controller.abort(new Error('impatient'));
  await assert.rejects(impatient, /impatient/);
  holdBack[0]?.destroy();
  assert.equal((await failureOf(patient)).reason, 'ConnectionLost');
  assert.equal(behind.logins.length, 1);
});

test('parallel first calls log in once', async (t) => {
  const { cloud, behind } = await scripted(t, (_q, response) =>
    json(response, 200, { servers: [] }),
  );
  await Promise.all(Array.from({ length: 20 }, () => cloud.compute.listServers()));
  assert.equal(behind.logins.length, 1);
});

test('a rejected token is renewed once for all parallel callers, a POST repeated once', async (t) => {
  let posts = 0;
  const { cloud, behind } = await scripted(t, async (request, response) => {
    if (request.method === 'POST') {
      posts += 1;
      assert.match((await bytes(request)).toString(), /kubernetes-master/);
      return json(response, 202, { server: { id: 's1' } });
    }
    if (request.service === 'object-store') {
      return storeAnything(request, response);
    }
    return json(response, 200, { servers: [] });
  });
  await cloud.compute.listServers();
  behind.expireTokens();
  await Promise.all([
    ...Array.from({ length: 10 }, () => cloud.compute.listServers()),
    cloud.compute.createServer(NEW_SERVER),
    cloud.objectStorage.putObject('c', 'o', bodyOf(randomBytes(300_000)), UPLOAD),
  ]);
  assert.equal(behind.logins.length, 2);
  assert.equal(posts, 1);
});

test('a token that is refused even when fresh blocks', async (t) => {
  const { cloud, behind } = await scripted(t, (request, response) => {
    request.resume();
    json(response, 401, { error: { message: 'no' } });
  });
  const failure = await failureOf(cloud.compute.listServers());
  assert.equal(failure.kind, 'blocked');
  assert.equal(failure.reason, 'Unauthorized');
  assert.equal(behind.logins.length, 2);
});

test('an upload as the very first call arrives whole', async (t) => {
  const content = randomBytes(1024 * 1024);
  let stored: Buffer | undefined;
  const { cloud } = await scripted(t, async (request, response) => {
    stored = await bytes(request);
    assert.equal(request.headers['content-length'], String(content.length));
    assert.equal(request.headers['transfer-encoding'], undefined);
    response.writeHead(201, { etag: createHash('md5').update(stored).digest('hex') }).end();
  });
  const progress: number[] = [];
  const body = {
    ...bodyOf(content),
    open: () => Readable.from([content.subarray(0, 99), content.subarray(99)]),
  };
  await cloud.objectStorage.putObject('c', 'o', body, UPLOAD, {
    onProgress: (sent) => progress.push(sent),
  });
  assert.ok(stored?.equals(content));
  assert.deepEqual(progress, [99, content.length]);
});

test('an upload is only done when the cloud stored what was sent', async (t) => {
  const { cloud } = await scripted(t, async (request, response) => {
    await bytes(request);
    response.writeHead(201, { etag: 'd41d8cd98f00b204e9800998ecf8427e' }).end();
  });
  const failure = await failureOf(() =>
    cloud.objectStorage.putObject('c', 'o', bodyOf(Buffer.from('x')), UPLOAD),
  );
  assert.equal(failure.kind, 'transient');
  assert.equal(failure.reason, 'DamagedUpload');
});

test('an upload whose source fails, ends early or goes on too long comes back and stores nothing', async (t) => {
  let whole = 0;
  const { cloud } = await scripted(t, async (request, response) => {
    await bytes(request);
    whole += 1;
    response.writeHead(201).end();
  });
  const piece = Buffer.alloc(1000);
  const sources: [() => Readable, RegExp][] = [
    [
      () =>
        new Readable({
          read() {
            this.push(piece);
            this.destroy(new Error('disk on fire'));
          },
        }),
      /disk on fire/,
    ],
    [() => Readable.from([piece]), /ended after 1000 of 5000 bytes/],
    [() => Readable.from(Array.from({ length: 9 }, () => piece)), /more than the 5000 bytes/],
    [
      () => {
        throw new Error('no such file');
      },
      /no such file/,
    ],
  ];
  for (const [open, message] of sources) {
    const failure = await failureOf(
      cloud.objectStorage.putObject('c', 'o', { open, bytes: 5000, md5: '' }, UPLOAD),
    );
    assert.equal(failure.kind, 'blocked');
    assert.equal(failure.reason, 'SourceFailed');
    assert.match(failure.message, message);
  }
  assert.equal(whole, 0);
});

test('an upload that stands still ends by itself, whichever side stands', async (t) => {
  const { cloud } = await scripted(t, () => undefined, { uploadIdleMs: 100 });
  const source = new Readable({ read: () => undefined });
  for (const open of [() => Buffer.alloc(64 * 1024 * 1024), () => source]) {
    const failure = await failureOf(
      cloud.objectStorage.putObject('c', 'o', { open, bytes: 64 * 1024 * 1024, md5: '' }, UPLOAD),
    );
    assert.equal(failure.kind, 'transient');
    assert.equal(failure.reason, 'Timeout');
  }
  assert.ok(source.destroyed);
});

test('a token rejected while the body is still going out is renewed all the same', async (t) => {
  const content = randomBytes(8 * 1024 * 1024);
  const behind = await startScriptedCloud(storeAnything);
  t.after(() => behind.close());
  // In front of the cloud: closes the connection without reading a body whose token is rejected.
  let brokenOff = 0;
  let stale = false;
  const origin = new URL(behind.authUrl).origin;
  const gate = createServer((request, response) => {
    if (request.method === 'PUT' && stale && request.headers['x-auth-token'] === 'token-1') {
      brokenOff += 1;
      request.socket.resetAndDestroy();
      return;
    }
    void (async () => {
      const body = await bytes(request);
      const { host: _host, ...headers } = request.headers;
      const answer = await fetch(origin + (request.url ?? ''), {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
        ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
      });
      const text = (await answer.text()).replaceAll(origin, gateOrigin());
      const { 'content-length': _length, ...kept } = Object.fromEntries(answer.headers);
      response.writeHead(answer.status, kept).end(text);
    })().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    gate.close();
    gate.closeAllConnections();
  });
  const gateOrigin = (): string => `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
  const cloud = openCloud(behind.account({ OS_AUTH_URL: `${gateOrigin()}/v3` }));
  await cloud.objectStorage.putObject('c', 'first', bodyOf(Buffer.from('x')), UPLOAD);
  behind.expireTokens();
  stale = true;
  await cloud.objectStorage.putObject('c', 'second', bodyOf(content), UPLOAD);
  assert.equal(brokenOff, 1);
  assert.equal(behind.logins.length, 2);
});

test('every request is metered, log-ins included', async (t) => {
  const calls: ApiCall[] = [];
  const { cloud } = await scripted(
    t,
    (request, response) => {
      request.resume();
      json(response, request.method === 'GET' ? 200 : 500, { servers: [] });
    },
    { onCall: (call) => calls.push(call) },
  );
  await cloud.compute.listServers();
  await failureOf(cloud.network.deleteNetwork('n'));
  assert.deepEqual(
    calls.map(({ service, method, status }) => [service, method, status]),
    [
      ['identity', 'POST', 201],
      ['compute', 'GET', 200],
      ['network', 'DELETE', 500],
    ],
  );
});

test('network errors: nobody there, and a connection that breaks', async (t) => {
  const { cloud } = await scripted(t, (request) => void request.socket.destroy());
  assert.equal((await failureOf(cloud.compute.listServers())).reason, 'ConnectionLost');

  const gone = await startScriptedCloud(() => undefined);
  await gone.close();
  const failure = await failureOf(openCloud(gone.account()).identity.authenticate());
  assert.equal(failure.kind, 'transient');
  assert.equal(failure.reason, 'Unreachable');
  assert.match(failure.cure, /OS_AUTH_URL/);
  assert.match(failure.message, /ECONNREFUSED/);

  const nowhere = gone.account({ OS_AUTH_URL: 'http://nowhere.invalid:5000/v3' });
  assert.equal((await failureOf(openCloud(nowhere).identity.authenticate())).reason, 'Unreachable');
});

test('no failure tells a secret, wherever the cloud repeats it', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    json(response, 400, {
      badRequest: {
        message: `Invalid input for field/attribute user_data. Value: ${'QUJD'.repeat(40)}. token ${request.headers['x-auth-token'] as string} password correct horse, https://h/v1/a?temp_url_sig=abcdef012345&x=1`,
      },
    });
  });
  const failure = await failureOf(cloud.compute.createServer(NEW_SERVER));
  assert.equal(failure.reason, 'Refused');
  assert.match(failure.message, /Invalid input for field/);
  assert.doesNotMatch(JSON.stringify(failure), /QUJD|token-1|correct horse|abcdef012345/);
});
