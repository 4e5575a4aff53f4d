import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { openCloud } from '../../cloud/open.js';
import { redactor } from '../../cloud/redact.js';
import { errorOf, everyCall, NEW_SERVER, TEMP_URL_KEY } from './calls.js';
import { bytes, json, scripted } from './scripted-cloud.js';

/** All that a request holds, as a cloud that repeats it in its error would. */
async function echo(request: IncomingMessage): Promise<string> {
  const body = (await bytes(request)).toString();
  return `refused: ${request.method} ${request.url} ${JSON.stringify(request.headers)} ${body}`;
}

const secrets = [
  'token-1',
  'token-2',
  'correct horse',
  'app secret',
  '0123456789abcdef0123456789abcdef',
  TEMP_URL_KEY,
  Buffer.from(NEW_SERVER.userData).toString('base64').slice(0, 40),
];

function assertNoSecret(error: Error, name: string): void {
  for (const text of [JSON.stringify(error), error.message, error.stack, inspect(error)]) {
    for (const secret of secrets) {
      assert.ok(!text?.includes(secret), `${name} tells ${secret}: ${text}`);
    }
  }
}

for (const [what, content] of [
  [
    'a Nova fault',
    (words: string) => JSON.stringify({ badRequest: { code: 400, message: words } }),
  ],
  ['a page', (words: string) => `<html><h1>Bad Request</h1><p>${words}</p></html>`],
] as const) {
  test(`no failure tells a secret that the cloud repeats in ${what}`, async (t) => {
    const { cloud } = await scripted(t, async (request, response) => {
      response.writeHead(500).end(content(await echo(request)));
    });
    for (const [name, call] of Object.entries(everyCall)) {
      const error = await errorOf(call(cloud));
      // The answer to a HEAD has no words.
      const words = /^head|^tempUrlKeys$/.test(name) ? /^HTTP 500$/ : /refused: /;
      assert.match(error.failure.message, words, name);
      assertNoSecret(error, name);
    }
  });
}

test('a secret is blanked even where the words are cut off', async (t) => {
  let before = 0;
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    response
      .writeHead(500)
      .end(`${'x '.repeat(before)}${request.headers['x-auth-token'] as string} `.repeat(2));
  });
  for (before = 240; before <= 252; before += 1) {
    const error = await errorOf(cloud.compute.listServers());
    assert.doesNotMatch(error.failure.message, /tok/);
  }
});

test('nor does a log-in that is refused with what it sent', async (t) => {
  const { behind } = await scripted(t, () => assert.fail('logged in'), {
    login: (body, response) => {
      json(response, 500, { error: { message: `refused: ${JSON.stringify(body, null, 1)}` } });
      return true;
    },
  });
  for (const account of [
    behind.account(),
    behind.account({
      OS_APPLICATION_CREDENTIAL_ID: 'ac1',
      OS_APPLICATION_CREDENTIAL_SECRET: 'app secret',
    }),
    behind.rackspaceAccount(),
  ]) {
    const error = await errorOf(openCloud(account).identity.authenticate());
    assert.match(error.failure.message, /refused: /);
    assertNoSecret(error, account.identityVersion);
  }
});

test('nor does a token that is told by itself, rejected or not', async (t) => {
  for (const status of [401, 500]) {
    const { cloud } = await scripted(t, (request, response) => {
      request.resume();
      const sent = request.headers['x-auth-token'] as string;
      json(response, status, { error: { message: `${sent} is void` } });
    });
    for (const name of ['listServers', 'putObject']) {
      const error = await errorOf(everyCall[name]?.(cloud) ?? assert.fail(name));
      assert.equal(error.failure.message, `HTTP ${status}: [secret] is void`, name);
    }
  }
});

test('what looks like a signature or a key is blanked, whosever it is', () => {
  const redact = redactor([undefined, '', 'abc', 'open sesame']);
  assert.equal(redact('abc, open sesame!'), 'abc, [secret]!');
  for (const [text, clean] of [
    [
      'GET https://h/v1/a?temp_url_sig=ab12&temp_url_expires=5',
      'GET https://h/v1/a?temp_url_sig=[secret]&temp_url_expires=5',
    ],
    ['{"X-Auth-Token": "gAAA"}', '{"X-Auth-Token": "[secret]"}'],
    ["'x-subject-token': 'gAAA'", "'x-subject-token': '[secret]'"],
    ['X-Account-Meta-Temp-URL-Key-2: k2', 'X-Account-Meta-Temp-URL-Key-2: [secret]'],
  ] as const) {
    assert.equal(redact(text), clean);
  }
});
