import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { everyCall } from './calls.js';
import { scripted } from './scripted-cloud.js';

test('what changes something never goes out on a kept connection, which may be dead', async (t) => {
  const seen = new Set<Socket>();
  const onKept: string[] = [];
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    if (seen.has(request.socket) && !['GET', 'HEAD'].includes(request.method ?? '')) {
      onKept.push(`${request.method} ${request.url}`);
    }
    seen.add(request.socket);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  for (const call of Object.values(everyCall)) {
    await call(cloud).catch(() => undefined);
    await call(cloud).catch(() => undefined);
  }
  assert.deepEqual(onKept, []);
});
