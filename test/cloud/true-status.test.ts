import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyCall, failureOf, NEW_SERVER } from './calls.js';
import { json, scripted } from './scripted-cloud.js';

// pkgcloud knows 400, 401, 403, 404, 409, 413, 415, 422, 500 and 503 for failures, and calls the rest a success.
for (const [status, kind, reason] of [
  [302, 'transient', 'UnexpectedAnswer'],
  [405, 'blocked', 'Refused'],
  [408, 'transient', 'Timeout'],
  [410, 'blocked', 'Refused'],
  [429, 'transient', 'RateLimited'],
  [499, 'transient', 'ConnectionLost'],
  [502, 'transient', 'CloudUnavailable'],
  [504, 'transient', 'CloudUnavailable'],
  [507, 'transient', 'CloudUnavailable'],
] as const) {
  test(`${status} is a failure of every call, and the call comes back`, async (t) => {
    const { cloud } = await scripted(t, (request, response) => {
      request.resume();
      response.writeHead(status, { 'x-trans-id': 'tx1' }).end();
    });
    for (const [name, call] of Object.entries(everyCall)) {
      // `/info` may be hidden: what refuses it for good tells nothing.
      if (name === 'capabilities' && kind === 'blocked') {
        continue;
      }
      const failure = await failureOf(call(cloud));
      assert.deepEqual(
        [failure.kind, failure.reason, failure.status, failure.requestId],
        [kind, reason, status, 'tx1'],
        name,
      );
    }
  });
}

test('a success without the promised content is none, and the call comes back', async (t) => {
  for (const body of [{}, [], null, 'Sign in', { servers: [{ id: 7 }] }]) {
    const { cloud } = await scripted(t, (request, response) => {
      request.resume();
      json(response, 200, body);
    });
    for (const name of [
      'listServers',
      'getServer',
      'createServer',
      'findImage',
      'findImageById',
      'findFlavor',
      'limits',
      'getKeyPair',
      'listKeyPairs',
      'importKeyPair',
      'keepsDescriptions',
      'listNetworks',
      'createNetwork',
      'listSubnets',
      'createSubnet',
      'networkQuota',
      'listObjects',
      'putObject',
      'putLargeObject',
    ]) {
      if (name === 'listObjects' && Array.isArray(body)) {
        continue;
      }
      const failure = await failureOf(everyCall[name]?.(cloud) ?? assert.fail(name));
      const expected = name.startsWith('put') ? 'DamagedUpload' : 'UnexpectedAnswer';
      assert.equal(failure.reason, expected, `${name}, ${JSON.stringify(body)}`);
      assert.equal(failure.kind, 'transient');
    }
  }
});

test('a login page in front of the cloud is no answer of the cloud', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
  });
  for (const call of [cloud.compute.getServer('s1'), cloud.compute.createServer(NEW_SERVER)]) {
    assert.equal((await failureOf(call)).reason, 'UnexpectedAnswer');
  }
});

test("the cloud's own words are told, not pkgcloud's", async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    json(response, 403, {
      forbidden: { code: 403, message: "Policy doesn't allow os_compute_api:servers:create" },
    });
  });
  const failure = await failureOf(cloud.compute.createServer(NEW_SERVER));
  assert.equal(failure.attempted, 'create server kubernetes-master');
  assert.equal(failure.message, "HTTP 403: Policy doesn't allow os_compute_api:servers:create");
  assert.equal(failure.requestId, 'req-1');
});
