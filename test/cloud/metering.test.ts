import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiCall } from '../../cloud/session.js';
import { bodyOf, failureOf } from './calls.js';
import { json, scripted } from './scripted-cloud.js';

test('every request is metered once, whatever became of it', async (t) => {
  const calls: ApiCall[] = [];
  const { cloud } = await scripted(
    t,
    (request, response) => {
      request.resume();
      if (request.method === 'POST') {
        request.socket.destroy();
      } else if (request.path === '/v2.0/extensions') {
        // Never answered.
      } else {
        json(response, request.method === 'GET' ? 200 : 500, { servers: [] });
      }
    },
    { onCall: (call) => calls.push(call), callTimeoutMs: 2000 },
  );
  await cloud.compute.listServers();
  await failureOf(cloud.network.deleteNetwork('n'));
  await failureOf(cloud.network.createNetwork({ name: 'n' }));
  await failureOf(cloud.network.keepsDescriptions());
  await failureOf(
    cloud.objectStorage.putObject('c', 'o', bodyOf(Buffer.from('x')), { contentType: 'x/y' }),
  );
  assert.deepEqual(
    calls.map(({ service, method, status }) => [service, method, status]),
    [
      ['identity', 'POST', 201],
      ['compute', 'GET', 200],
      ['network', 'DELETE', 500],
      ['network', 'POST', undefined],
      ['network', 'GET', undefined],
      ['object-store', 'PUT', 500],
    ],
  );
  assert.ok(calls.every(({ milliseconds }) => milliseconds > 0 && milliseconds < 60_000));
});
