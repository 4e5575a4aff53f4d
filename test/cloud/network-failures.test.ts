import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { networkError } from '../../cloud/network-failures.js';
import { openCloud } from '../../cloud/open.js';
import { everyCall, failureOf } from './calls.js';
import { scripted, startScriptedCloud } from './scripted-cloud.js';

test('nobody there: transient, and the way there named', async () => {
  const gone = await startScriptedCloud(() => undefined);
  await gone.close();
  const failure = await failureOf(openCloud(gone.account()).identity.authenticate());
  assert.deepEqual([failure.kind, failure.reason], ['transient', 'Unreachable']);
  assert.match(failure.message, /ECONNREFUSED 127\.0\.0\.1:\d+/);
  assert.match(failure.cure, /OS_AUTH_URL/);
});

test('no such host', async () => {
  const gone = await startScriptedCloud(() => undefined);
  await gone.close();
  const account = gone.account({ OS_AUTH_URL: 'http://nowhere.invalid:5000/v3' });
  const failure = await failureOf(openCloud(account).identity.authenticate());
  assert.deepEqual([failure.kind, failure.reason], ['transient', 'Unreachable']);
  assert.match(failure.message, /nowhere\.invalid/);
});

test('a connection that breaks before the answer is lost, whatever the call', async (t) => {
  const { cloud } = await scripted(t, (request) => void request.socket.destroy());
  for (const [name, call] of Object.entries(everyCall)) {
    const failure = await failureOf(call(cloud));
    assert.deepEqual([failure.kind, failure.reason], ['transient', 'ConnectionLost'], name);
  }
});

test('what answers something else than HTTP', async (t) => {
  const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const gone = await startScriptedCloud(() => undefined);
  await gone.close();
  const { port } = server.address() as AddressInfo;
  const account = gone.account({ OS_AUTH_URL: `http://127.0.0.1:${port}/v3` });
  const failure = await failureOf(openCloud(account).identity.authenticate());
  assert.deepEqual([failure.kind, failure.reason], ['transient', 'ConnectionLost']);
});

const coded = (code: string, message = 'words'): Error =>
  Object.assign(new Error(message), { code });
for (const [error, kind, reason, message] of [
  [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'blocked', 'UntrustedCertificate', /words \(DEPTH/],
  [coded('SELF_SIGNED_CERT_IN_CHAIN'), 'blocked', 'UntrustedCertificate', /words/],
  [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'blocked', 'UntrustedCertificate', /words/],
  [coded('CERT_HAS_EXPIRED'), 'blocked', 'UntrustedCertificate', /words/],
  [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'blocked', 'UntrustedCertificate', /words/],
  [coded('ERR_TLS_HANDSHAKE_TIMEOUT'), 'transient', 'RequestFailed', /words/],
  [coded('EPROTO'), 'blocked', 'NoTls', /EPROTO/],
  [coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'blocked', 'NoTls', /WRONG_VERSION/],
  [coded('EAI_AGAIN'), 'transient', 'Unreachable', /words/],
  [coded('EHOSTUNREACH'), 'transient', 'Unreachable', /words/],
  [coded('ETIMEDOUT'), 'transient', 'Unreachable', /words/],
  [coded('UND_ERR_CONNECT_TIMEOUT'), 'transient', 'Unreachable', /words/],
  [coded('ECONNRESET', 'socket hang up'), 'transient', 'ConnectionLost', /socket hang up/],
  [coded('EPIPE'), 'transient', 'ConnectionLost', /words/],
  [coded('HPE_INVALID_CONSTANT'), 'transient', 'ConnectionLost', /words/],
  // Happy eyeballs: one error of all the addresses tried; fetch: the cause behind the words.
  [
    Object.assign(new AggregateError([coded('ECONNREFUSED', 'connect ::1')], ''), {
      code: 'ECONNREFUSED',
    }),
    'transient',
    'Unreachable',
    /connect ::1/,
  ],
  [
    new TypeError('fetch failed', { cause: coded('ENOTFOUND') }),
    'transient',
    'Unreachable',
    /words/,
  ],
  [new Error('odd'), 'transient', 'RequestFailed', /^odd$/],
  [{ message: 'no Error at all' }, 'transient', 'RequestFailed', /^no Error at all$/],
  ['a string', 'transient', 'RequestFailed', /^a string$/],
] as const) {
  test(`${inspect(error).split('\n')[0]}: ${kind}, ${reason}`, () => {
    const { failure, cause } = networkError('do it', error, (text) => text);
    assert.deepEqual([failure.kind, failure.reason, failure.attempted], [kind, reason, 'do it']);
    assert.match(failure.message, message);
    assert.equal(cause, undefined);
  });
}
