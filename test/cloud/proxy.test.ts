import assert from 'node:assert/strict';
import { createServer, request as forward } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openCloud } from '../../cloud/open.js';
import { bodyOf, md5 } from './calls.js';
import { makeCertificates } from './certificates.js';
import { bytes, json, scripted } from './scripted-cloud.js';
import type { Script } from './scripted-cloud.js';

const serve: Script = async (request, response) => {
  if (request.method === 'PUT') {
    response.writeHead(201, { etag: md5(await bytes(request)) }).end();
  } else {
    json(response, 200, { servers: [] });
  }
};

/** A proxy that finds `cloud.invalid` on this machine; nobody else does. */
async function startProxy(t: TestContext): Promise<{ url: string; hosts: string[] }> {
  const hosts: string[] = [];
  const tunnels = new Set<Socket>();
  const proxy = createServer((request, response) => {
    const url = new URL(request.url ?? '');
    hosts.push(url.hostname);
    const { method, headers } = request;
    const options = { host: '127.0.0.1', port: url.port, path: url.pathname + url.search };
    const onward = forward({ ...options, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  proxy.on('connect', (request, near: Socket) => {
    const [host = '', port] = (request.url ?? '').split(':');
    hosts.push(host);
    const far = connect(Number(port), '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      near.pipe(far).pipe(near);
    });
    for (const socket of [near, far]) {
      tunnels.add(socket);
      socket.on('error', () => socket.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    proxy.close();
    proxy.closeAllConnections();
    tunnels.forEach((socket) => socket.destroy());
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, hosts };
}

function setEnv(t: TestContext, env: Record<string, string>): void {
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) {
    Reflect.deleteProperty(process.env, name);
    Reflect.deleteProperty(process.env, name.toUpperCase());
  }
  Object.assign(process.env, env);
}

for (const scheme of ['http', 'https'] as const) {
  test(`${scheme.toUpperCase()}_PROXY is the way of every request`, async (t) => {
    const proxy = await startProxy(t);
    setEnv(t, { [`${scheme.toUpperCase()}_PROXY`]: proxy.url });
    const { caFile, ...tls } = makeCertificates(t, 'DNS:cloud.invalid');
    const { behind } = await scripted(t, serve, {
      host: 'cloud.invalid',
      ...(scheme === 'https' ? { tls } : {}),
    });
    const account = behind.account(scheme === 'https' ? { OS_CACERT: caFile } : {});
    const cloud = openCloud(account);
    await cloud.identity.authenticate();
    await cloud.objectStorage.putObject('c', 'o', bodyOf(Buffer.from('x')), {
      contentType: 'application/gzip',
    });
    assert.equal(behind.logins.length, 1);
    assert.deepEqual([...new Set(proxy.hosts)], ['cloud.invalid']);
    assert.ok(proxy.hosts.length >= 3);
  });
}

test('NO_PROXY is the way around it', async (t) => {
  const proxy = await startProxy(t);
  setEnv(t, { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' });
  const { cloud } = await scripted(t, serve);
  await cloud.identity.authenticate();
  assert.deepEqual(proxy.hosts, []);
});
