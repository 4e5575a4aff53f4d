import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Account } from '../../cloud/account.js';
import { resolveAccount } from '../../cloud/resolve-account.js';
import type { Problem } from '../../cluster/errors.js';
import { InvalidSpecError } from '../../cluster/errors.js';

const KEY = '0123456789abcdef0123456789abcdef';
const nowhere = { directories: [] };
const resolve = (env: Record<string, string>): Account => resolveAccount(env, nowhere);

function problemsOf(env: Record<string, string>): readonly Problem[] {
  try {
    resolve(env);
  } catch (error) {
    assert.ok(error instanceof InvalidSpecError, String(error));
    return error.problems;
  }
  throw new assert.AssertionError({ message: 'the account was taken' });
}

const v3 = {
  OS_AUTH_URL: 'https://cloud.example:5000/v3',
  OS_USERNAME: 'demo',
  OS_PASSWORD: 'correct horse',
  OS_PROJECT_NAME: 'web',
  OS_REGION_NAME: 'RegionOne',
};
const asV3: Account = {
  provider: 'openstack',
  authUrl: 'https://cloud.example:5000',
  identityVersion: 'v3',
  region: 'RegionOne',
  interface: 'public',
  username: 'demo',
  userDomainId: 'default',
  password: 'correct horse',
  projectName: 'web',
  projectDomainId: 'default',
};
const asRackspace: Account = {
  provider: 'rackspace',
  authUrl: 'https://identity.api.rackspacecloud.com',
  identityVersion: 'v2.0',
  region: 'ORD',
  interface: 'public',
  username: 'demo',
};
const byKey: Account = { ...asRackspace, apiKey: KEY };

for (const [way, env, expected] of [
  ['v3 password', v3, asV3],
  [
    'v3 password, every name spelt out',
    {
      ...v3,
      OS_AUTH_TYPE: 'v3password',
      OS_IDENTITY_API_VERSION: '3',
      OS_USER_DOMAIN_NAME: 'Users',
      OS_PROJECT_DOMAIN_NAME: 'Projects',
      OS_INTERFACE: 'internal',
    },
    {
      ...without(asV3, 'userDomainId', 'projectDomainId'),
      userDomainName: 'Users',
      projectDomainName: 'Projects',
      interface: 'internal',
    },
  ],
  [
    'v3 password by ids, which need no domains',
    { ...without(v3, 'OS_USERNAME', 'OS_PROJECT_NAME'), OS_USER_ID: 'u1', OS_PROJECT_ID: 'p1' },
    {
      ...without(asV3, 'username', 'userDomainId', 'projectName', 'projectDomainId'),
      userId: 'u1',
      projectId: 'p1',
    },
  ],
  [
    'older names of the same variables',
    {
      ...without(v3, 'OS_PROJECT_NAME'),
      OS_TENANT_NAME: 'web',
      OS_DEFAULT_DOMAIN: 'd1',
      OS_ENDPOINT_TYPE: 'adminURL',
      OS_DOMAIN_NAME: '',
    },
    { ...asV3, userDomainId: 'd1', projectDomainId: 'd1', interface: 'admin' },
  ],
  [
    'application credential by id',
    {
      ...without(v3, 'OS_USERNAME', 'OS_PASSWORD', 'OS_PROJECT_NAME'),
      OS_AUTH_TYPE: 'v3applicationcredential',
      OS_APPLICATION_CREDENTIAL_ID: 'ac1',
      OS_APPLICATION_CREDENTIAL_SECRET: 'app secret',
    },
    {
      ...without(asV3, 'username', 'userDomainId', 'password', 'projectName', 'projectDomainId'),
      applicationCredential: { id: 'ac1', secret: 'app secret' },
    },
  ],
  [
    'application credential by name, with its user',
    {
      ...without(v3, 'OS_PASSWORD', 'OS_PROJECT_NAME'),
      OS_APPLICATION_CREDENTIAL_NAME: 'robot',
      OS_APPLICATION_CREDENTIAL_SECRET: 'app secret',
    },
    {
      ...without(asV3, 'password', 'projectName', 'projectDomainId'),
      applicationCredential: { name: 'robot', secret: 'app secret' },
    },
  ],
  [
    'v2.0 password',
    { ...v3, OS_AUTH_URL: 'https://cloud.example:5000/v2.0/' },
    { ...without(asV3, 'userDomainId', 'projectDomainId'), identityVersion: 'v2.0' },
  ],
  [
    'Rackspace as its guides had it in 2014',
    {
      OS_AUTH_SYSTEM: 'rackspace',
      OS_AUTH_URL: 'https://identity.api.rackspacecloud.com/v2.0/',
      OS_REGION_NAME: 'ORD',
      OS_USERNAME: 'demo',
      OS_TENANT_NAME: '123456',
      OS_PASSWORD: KEY,
      NOVA_RAX_AUTH: '1',
    },
    { ...byKey, password: KEY, projectName: '123456' },
  ],
  [
    'Rackspace by key alone',
    { OS_AUTH_SYSTEM: 'rackspace', OS_REGION_NAME: 'ORD', OS_USERNAME: 'demo', OS_API_KEY: KEY },
    byKey,
  ],
  [
    'Rackspace by its host',
    { ...v3, OS_AUTH_URL: 'https://identity.api.rackspacecloud.com/v2.0', OS_REGION_NAME: 'ORD' },
    { ...asRackspace, password: 'correct horse', projectName: 'web' },
  ],
  [
    'Rackspace by an API key at a v2.0 address, whoever answers there',
    {
      OS_AUTH_URL: 'http://127.0.0.1:5001/v2.0',
      OS_REGION_NAME: 'ORD',
      OS_USERNAME: 'demo',
      RAX_API_KEY: KEY,
    },
    { ...byKey, authUrl: 'http://127.0.0.1:5001' },
  ],
  [
    'Rackspace in the UK',
    {
      OS_AUTH_SYSTEM: 'rackspace_uk',
      OS_REGION_NAME: 'LON',
      OS_USERNAME: 'demo',
      OS_PASSWORD: 'words',
    },
    {
      ...asRackspace,
      authUrl: 'https://lon.identity.api.rackspacecloud.com',
      region: 'LON',
      password: 'words',
    },
  ],
] as [string, Record<string, string>, Account][]) {
  test(`an account by ${way}`, () => {
    assert.deepEqual(JSON.parse(JSON.stringify(resolve(env))), expected);
  });
}

test('the address of the identity service is known by whatever is written after it', () => {
  for (const ending of [
    '',
    '/',
    '/v3',
    '/v3/',
    '/v3/auth/tokens',
    '/v2.0',
    '/v2.0/tokens',
    '/v2',
  ]) {
    const { authUrl } = resolve({ ...v3, OS_AUTH_URL: `https://cloud.example/identity${ending}` });
    assert.equal(authUrl, 'https://cloud.example/identity', ending);
  }
});

const every = (env: Record<string, string>): string[] => problemsOf(env).map(({ field }) => field);

test('all problems at once, each with its field', () => {
  assert.deepEqual(every({}), [
    'OS_AUTH_URL',
    'OS_REGION_NAME',
    'OS_USERNAME',
    'OS_PASSWORD',
    'OS_PROJECT_NAME',
  ]);
  assert.deepEqual(every({ OS_AUTH_SYSTEM: 'rackspace' }), [
    'OS_REGION_NAME',
    'OS_USERNAME',
    'OS_PASSWORD',
  ]);
  assert.deepEqual(
    every({
      ...v3,
      OS_AUTH_URL: 'cloud.example',
      OS_IDENTITY_API_VERSION: '4',
      OS_INTERFACE: 'secret',
      OS_INSECURE: 'true',
      OS_CACERT: '/no/such/file.pem',
    }).sort(),
    ['OS_AUTH_URL', 'OS_CACERT', 'OS_IDENTITY_API_VERSION', 'OS_INSECURE', 'OS_INTERFACE'],
  );
});

test('an application credential needs its secret, its id or name and user, and Identity v3', () => {
  const base = { OS_AUTH_URL: v3.OS_AUTH_URL, OS_REGION_NAME: 'RegionOne' };
  const secret = { OS_APPLICATION_CREDENTIAL_SECRET: 's' };
  assert.deepEqual(every({ ...base, OS_APPLICATION_CREDENTIAL_ID: 'i' }), [
    'OS_APPLICATION_CREDENTIAL_SECRET',
  ]);
  assert.deepEqual(every({ ...base, ...secret }), ['OS_APPLICATION_CREDENTIAL_ID', 'OS_USERNAME']);
  assert.deepEqual(every({ ...base, ...secret, OS_APPLICATION_CREDENTIAL_NAME: 'n' }), [
    'OS_USERNAME',
  ]);
  assert.deepEqual(
    every({
      ...base,
      ...secret,
      OS_APPLICATION_CREDENTIAL_ID: 'i',
      OS_AUTH_URL: 'https://cloud.example/v2.0',
    }),
    ['OS_AUTH_URL'],
  );
});

test('no problem shows a secret, not even one that stands in the address', () => {
  const problems = problemsOf({
    OS_AUTH_URL: 'https://demo:hunter2@cloud.example/v3',
    OS_PASSWORD: 'correct horse',
    OS_API_KEY: KEY,
    OS_APPLICATION_CREDENTIAL_SECRET: 'app secret',
    OS_INTERFACE: 'x',
  });
  assert.ok(problems.length >= 3);
  assert.doesNotMatch(JSON.stringify(problems), /correct horse|app secret|01234567|hunter2/);
});

test('TLS stays verified; a CA is read from the file that OS_CACERT names', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kubeup-cacert-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'ca.pem');
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  writeFileSync(file, pem);
  assert.equal(resolve({ ...v3, OS_CACERT: file }).caCert, pem);
  writeFileSync(file, 'no certificate');
  assert.match(problemsOf({ ...v3, OS_CACERT: file })[0]?.message ?? '', /no PEM certificate/);
  assert.match(problemsOf({ ...v3, OS_INSECURE: '1' })[0]?.message ?? '', /OS_CACERT/);
});

function without<T extends object, K extends keyof T>(value: T, ...names: K[]): Omit<T, K> {
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => !names.includes(name as K)),
  ) as Omit<T, K>;
}
