import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { openCloud } from '../../cloud/open.js';
import { failureOf } from './calls.js';
import { json, scripted } from './scripted-cloud.js';
import type { Script } from './scripted-cloud.js';

const noServers: Script = (_request, response) => json(response, 200, { servers: [] });

const v3: Record<string, string> = {};
const password = {
  methods: ['password'],
  password: { user: { name: 'demo', domain: { id: 'default' }, password: 'correct horse' } },
};
for (const [way, env, expected] of [
  [
    'user and project by name, in the default domain',
    v3,
    { identity: password, scope: { project: { name: 'demo', domain: { id: 'default' } } } },
  ],
  [
    'domains by name, user and project by id',
    {
      OS_USER_ID: 'u1',
      OS_USER_DOMAIN_NAME: 'D',
      OS_PROJECT_ID: 'p1',
      OS_PROJECT_DOMAIN_NAME: 'D',
    },
    {
      identity: {
        methods: ['password'],
        password: { user: { id: 'u1', password: 'correct horse' } },
      },
      scope: { project: { id: 'p1' } },
    },
  ],
  [
    'user and project by name, in domains by name',
    { OS_USER_DOMAIN_NAME: 'Users', OS_PROJECT_DOMAIN_NAME: 'Projects' },
    {
      identity: {
        methods: ['password'],
        password: { user: { name: 'demo', domain: { name: 'Users' }, password: 'correct horse' } },
      },
      scope: { project: { name: 'demo', domain: { name: 'Projects' } } },
    },
  ],
  [
    'application credential by id',
    { OS_APPLICATION_CREDENTIAL_ID: 'ac1', OS_APPLICATION_CREDENTIAL_SECRET: 'app secret' },
    {
      identity: {
        methods: ['application_credential'],
        application_credential: { id: 'ac1', secret: 'app secret' },
      },
    },
  ],
  [
    'application credential by name',
    { OS_APPLICATION_CREDENTIAL_NAME: 'robot', OS_APPLICATION_CREDENTIAL_SECRET: 'app secret' },
    {
      identity: {
        methods: ['application_credential'],
        application_credential: {
          name: 'robot',
          secret: 'app secret',
          user: { name: 'demo', domain: { id: 'default' } },
        },
      },
    },
  ],
] as const) {
  test(`Identity v3: ${way}`, async (t) => {
    const { behind } = await scripted(t, noServers);
    await openCloud(behind.account({ ...env })).identity.authenticate();
    assert.deepEqual(behind.logins, [{ auth: expected }]);
  });
}

test('Identity v2.0: password and tenant, by name or id', async (t) => {
  const { behind } = await scripted(t, noServers);
  const passwordCredentials = { username: 'demo', password: 'correct horse' };
  for (const [env, tenant] of [
    [{}, { tenantName: 'demo' }],
    [{ OS_TENANT_ID: 'p1' }, { tenantId: 'p1' }],
  ] as const) {
    behind.logins.length = 0;
    const account = behind.account({ OS_AUTH_URL: `${behind.origin}/v2.0`, ...env });
    await openCloud(account).identity.authenticate();
    assert.deepEqual(behind.logins, [{ auth: { passwordCredentials, ...tenant } }]);
  }
});

const HEX = '0123456789abcdef0123456789abcdef';
const byKey = (apiKey: string): unknown => ({
  auth: { 'RAX-KSKEY:apiKeyCredentials': { username: 'demo', apiKey } },
});
const byPassword = (word: string): unknown => ({
  auth: { passwordCredentials: { username: 'demo', password: word } },
});
for (const [what, env, tries] of [
  ['an API key', { OS_API_KEY: HEX }, [byKey(HEX)]],
  ['a password that may be a key', { OS_PASSWORD: 'words' }, [byPassword('words'), byKey('words')]],
  ['a password like a key', { OS_PASSWORD: HEX }, [byKey(HEX), byPassword(HEX)]],
  ['both', { OS_API_KEY: HEX, OS_PASSWORD: 'words' }, [byKey(HEX), byPassword('words')]],
] as const) {
  test(`Rackspace, ${what}: the next way is tried when the cloud takes none before`, async (t) => {
    const { behind } = await scripted(t, noServers, {
      login: (_body, response) => {
        json(response, 401, {
          unauthorized: { code: 401, message: 'Unable to authenticate user' },
        });
        return true;
      },
    });
    const account = behind.rackspaceAccount({ OS_API_KEY: '', ...env });
    const failure = await failureOf(openCloud(account).identity.authenticate());
    assert.deepEqual([failure.kind, failure.reason], ['blocked', 'Unauthorized']);
    assert.deepEqual(behind.logins, tries);
  });
}

test('Rackspace: a way that the cloud is too busy to judge is not given up', async (t) => {
  const { behind } = await scripted(t, noServers, {
    login: (_body, response) => {
      json(response, 413, { overLimit: { code: 413, message: 'Slow down', retryAfter: '7' } });
      return true;
    },
  });
  const account = behind.rackspaceAccount({ OS_PASSWORD: 'words' });
  const failure = await failureOf(openCloud(account).identity.authenticate());
  assert.deepEqual([failure.reason, failure.retryAfterSeconds], ['RateLimited', 7]);
  assert.equal(behind.logins.length, 1);
});

const expires_at = new Date(Date.now() + 3_600_000).toISOString();
const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (_body: unknown, response: ServerResponse): boolean => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    return true;
  };
const token = { 'x-subject-token': 'gAAAAAB-secret' };
for (const [what, login, reason] of [
  ['a token for no project', answer(201, { token: { expires_at } }, token), 'NoProject'],
  ['a page', answer(200, '<html>welcome</html>'), 'WrongAuthUrl'],
  [
    'a token without id',
    answer(201, { token: { expires_at, project: { id: 'p' } } }),
    'WrongAuthUrl',
  ],
  [
    'a token of unknown end',
    answer(201, { token: { expires_at: 'soon', project: { id: 'p' } } }, token),
    'WrongAuthUrl',
  ],
  ['the list of versions', answer(300, { choices: [] }), 'WrongAuthUrl'],
  ['a redirect', answer(302, '', { location: 'http://127.0.0.1:1/' }), 'WrongAuthUrl'],
  ['no such page', answer(404, 'Not Found'), 'WrongAuthUrl'],
  ['no such method', answer(405, 'Method Not Allowed'), 'WrongAuthUrl'],
  [
    'a wrong password',
    answer(401, {
      error: { code: 401, message: 'The request you have made requires authentication.' },
    }),
    'Unauthorized',
  ],
  ['a locked user', answer(403, { forbidden: { message: 'User is disabled' } }), 'Unauthorized'],
  [
    'an account that lacks a domain',
    answer(400, { error: { code: 400, message: 'Expecting to find domain in user.' } }),
    'Refused',
  ],
] as const) {
  test(`a log-in answered by ${what} blocks with ${reason}`, async (t) => {
    const { cloud, behind } = await scripted(t, () => assert.fail('logged in'), { login });
    const failure = await failureOf(cloud.identity.authenticate());
    assert.deepEqual([failure.kind, failure.reason], ['blocked', reason]);
    assert.equal(failure.attempted, `log in to ${behind.origin}`);
    assert.doesNotMatch(JSON.stringify(failure), /gAAAAAB|correct horse/);
    assert.equal(behind.logins.length, 1);
  });
}

test('authenticating proves region and project too, not only the password', async (t) => {
  const { cloud, behind } = await scripted(t, (request, response) => {
    assert.equal(request.url, '/compute/v2.1/servers?limit=1');
    json(response, 403, { forbidden: { code: 403, message: 'Not in this project' } });
  });
  assert.equal((await failureOf(cloud.identity.authenticate())).reason, 'Forbidden');
  const elsewhere = openCloud(behind.account({ OS_REGION_NAME: 'Nowhere' }));
  const failure = await failureOf(elsewhere.identity.authenticate());
  assert.deepEqual([failure.kind, failure.reason], ['blocked', 'NoEndpoint']);
  assert.match(failure.message, /no region Nowhere, only Elsewhere, RegionOne/);
});
