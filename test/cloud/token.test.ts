import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openCloud } from '../../cloud/open.js';
import { bodyOf, failureOf, md5, NEW_SERVER } from './calls.js';
import { bytes, json, scripted, startScriptedCloud } from './scripted-cloud.js';
import type { Script } from './scripted-cloud.js';

const upload = { contentType: 'application/gzip' };

const storeAnything: Script = async (request, response) => {
  response.writeHead(201, { etag: md5(await bytes(request)) }).end();
};
const noServers: Script = (request, response) => {
  request.resume();
  json(response, 200, { servers: [] });
};

function pick(
  names: string[],
  valueOf: (name: string) => string | null | undefined,
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = valueOf(name);
      return value ? [[name, value]] : [];
    }),
  );
}

test('parallel first calls log in once', async (t) => {
  const { cloud, behind } = await scripted(t, noServers);
  await Promise.all(Array.from({ length: 5 }, () => cloud.compute.listServers()));
  assert.equal(behind.logins.length, 1);
});

test('a rejected token is renewed once for all parallel callers, a POST repeated once', async (t) => {
  let posts = 0;
  const { cloud, behind } = await scripted(t, async (request, response) => {
    if (request.method === 'POST') {
      posts += 1;
      assert.match((await bytes(request)).toString(), /kubernetes-master/);
      json(response, 202, { server: { id: 's1' } });
    } else if (request.service === 'object-store') {
      await storeAnything(request, response);
    } else {
      await noServers(request, response);
    }
  });
  await cloud.compute.listServers();
  behind.expireTokens();
  await Promise.all([
    ...Array.from({ length: 10 }, () => cloud.compute.listServers()),
    cloud.compute.createServer(NEW_SERVER),
    cloud.objectStorage.putObject('c', 'o', bodyOf(randomBytes(300_000)), upload),
  ]);
  assert.equal(behind.logins.length, 2);
  assert.equal(posts, 1);
});

test('a token rejected while the body is still going out is renewed all the same', async (t) => {
  const content = randomBytes(8 * 1024 * 1024);
  const behind = await startScriptedCloud(storeAnything);
  t.after(() => behind.close());
  // In front of the cloud: closes the connection without reading a body whose token is rejected.
  let brokenOff = 0;
  let stale = false;
  const gate = createServer((request, response) => {
    if (request.method === 'PUT' && stale && request.headers['x-auth-token'] === 'token-1') {
      brokenOff += 1;
      request.socket.resetAndDestroy();
      return;
    }
    void (async () => {
      const body = await bytes(request);
      const answer = await fetch(behind.origin + (request.url ?? ''), {
        method: request.method ?? 'GET',
        headers: pick(['x-auth-token', 'etag'], (name) => request.headers[name] as string),
        ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
      });
      const text = (await answer.text()).replaceAll(behind.origin, gateOrigin());
      const headers = pick(['x-subject-token', 'etag'], (name) => answer.headers.get(name));
      response.writeHead(answer.status, headers).end(text);
    })().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    gate.close();
    gate.closeAllConnections();
  });
  const gateOrigin = (): string => `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
  const cloud = openCloud(behind.account({ OS_AUTH_URL: `${gateOrigin()}/v3` }));
  await cloud.objectStorage.putObject('c', 'first', bodyOf(Buffer.from('x')), upload);
  behind.expireTokens();
  stale = true;
  await cloud.objectStorage.putObject('c', 'second', bodyOf(content), upload);
  assert.equal(brokenOff, 1);
  assert.equal(behind.logins.length, 2);
});

test('a token that is refused even when fresh blocks', async (t) => {
  const { cloud, behind } = await scripted(t, (request, response) => {
    request.resume();
    json(response, 401, { error: { message: 'no' } });
  });
  const failure = await failureOf(cloud.compute.listServers());
  assert.deepEqual([failure.kind, failure.reason], ['blocked', 'Unauthorized']);
  assert.equal(behind.logins.length, 2);
});

test('a token is renewed before it expires', async (t) => {
  const { cloud, behind } = await scripted(t, noServers, {
    tokenSeconds: 1,
    login: (_body, response) => {
      // Dates of HTTP are whole seconds: too coarse for a token of one.
      response.sendDate = false;
      return false;
    },
  });
  await cloud.compute.listServers();
  await cloud.compute.listServers();
  assert.equal(behind.logins.length, 1);
  await new Promise((resolve) => setTimeout(resolve, 600));
  await cloud.compute.listServers();
  assert.equal(behind.logins.length, 2);
});

test("a token lives as long as the cloud's clock says, whatever the time is here", async (t) => {
  const { cloud, behind } = await scripted(t, noServers, {
    tokenSeconds: -7200 + 3600,
    login: (_body, response) => {
      response.setHeader('date', new Date(Date.now() - 7_200_000).toUTCString());
      return false;
    },
  });
  await cloud.compute.listServers();
  await cloud.compute.listServers();
  assert.equal(behind.logins.length, 1);
});

test('authenticate logs in afresh, and later calls use that token', async (t) => {
  const tokens: unknown[] = [];
  const { cloud, behind } = await scripted(t, (request, response) => {
    tokens.push(request.headers['x-auth-token']);
    return noServers(request, response);
  });
  await cloud.compute.listServers();
  await cloud.identity.authenticate();
  await cloud.compute.listServers();
  assert.equal(behind.logins.length, 2);
  assert.deepEqual(tokens, ['token-1', 'token-2', 'token-2']);
});
