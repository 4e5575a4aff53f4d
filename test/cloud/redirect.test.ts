import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { everyCall, failureOf } from './calls.js';
import { scripted } from './scripted-cloud.js';

test('neither password nor token follows a redirect, whatever the call', async (t) => {
  const strangers: string[] = [];
  const stranger = createServer((request, response) => {
    strangers.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  t.after(() => stranger.close());
  const location = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`;

  for (const status of [301, 302, 303, 307, 308]) {
    const { cloud } = await scripted(t, (request, response) => {
      request.resume();
      response.writeHead(status, { location }).end();
    });
    for (const [name, call] of Object.entries(everyCall)) {
      const failure = await failureOf(call(cloud));
      assert.deepEqual([failure.reason, failure.status], ['UnexpectedAnswer', status], name);
    }
    const { cloud: strange } = await scripted(t, () => assert.fail('logged in'), {
      login: (_body, response) => {
        response.writeHead(status, { location }).end();
        return true;
      },
    });
    assert.equal((await failureOf(strange.identity.authenticate())).reason, 'WrongAuthUrl');
  }
  assert.deepEqual(strangers, []);
});
