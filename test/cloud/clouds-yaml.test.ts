import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import type { Account } from '../../cloud/account.js';
import { resolveAccount } from '../../cloud/resolve-account.js';
import { InvalidSpecError } from '../../cluster/errors.js';

const production = {
  auth: {
    auth_url: 'https://cloud.example:5000/v3',
    username: 'demo',
    project_name: 'web',
    user_domain_name: 'Users',
    project_domain_name: 'Projects',
  },
  region_name: 'RegionOne',
  interface: 'internal',
};
const secret = { auth: { password: 'correct horse' } };
const account: Account = {
  provider: 'openstack',
  authUrl: 'https://cloud.example:5000',
  identityVersion: 'v3',
  region: 'RegionOne',
  interface: 'internal',
  username: 'demo',
  userDomainName: 'Users',
  password: 'correct horse',
  projectName: 'web',
  projectDomainName: 'Projects',
};

/** Two directories with the given files, by their paths below. */
function directories(t: TestContext, files: Record<string, unknown>): { directories: string[] } {
  const root = mkdtempSync(join(tmpdir(), 'kubeup-clouds-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(
      join(root, path),
      typeof content === 'string' ? content : stringify({ clouds: content }),
    );
  }
  return { directories: [join(root, 'a'), join(root, 'b')] };
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof InvalidSpecError, String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: 'the account was taken' });
}

test('OS_CLOUD names a cloud, its secrets may stand in secure.yaml', (t) => {
  const places = directories(t, {
    'b/clouds.yaml': { production, other: {} },
    'b/secure.yaml': { production: secret },
  });
  assert.deepEqual(resolveAccount({ OS_CLOUD: 'production' }, places), account);
});

test('the first clouds.yaml counts; secure.yaml may be elsewhere, or named', (t) => {
  const places = directories(t, {
    'a/clouds.yml': { production },
    'b/clouds.yaml': { production: {} },
    'b/secure.yaml': { production: secret },
    'c/mine.yaml': { production: { ...production, region_name: 'Two' } },
    'c/mine-secure.yaml': { production: { auth: { password: 'another' } } },
  });
  assert.deepEqual(resolveAccount({ OS_CLOUD: 'production' }, places), account);
  const c = join(dirname(places.directories[0] ?? ''), 'c');
  const named = resolveAccount(
    {
      OS_CLOUD: 'production',
      OS_CLIENT_CONFIG_FILE: join(c, 'mine.yaml'),
      OS_CLIENT_SECURE_FILE: join(c, 'mine-secure.yaml'),
    },
    places,
  );
  assert.deepEqual([named.region, named.password], ['Two', 'another']);
});

test("a cloud's own settings win over variables, which fill what it leaves out", (t) => {
  const places = directories(t, { 'a/clouds.yaml': { production } });
  const env = {
    OS_CLOUD: 'production',
    OS_AUTH_URL: 'https://elsewhere.example/v3',
    OS_USERNAME: 'nobody',
    OS_PASSWORD: 'correct horse',
  };
  assert.deepEqual(resolveAccount(env, places), account);
});

test("another account's variables do not overrule the cloud that is named", (t) => {
  const complete = { ...production, auth: { ...production.auth, ...secret.auth } };
  const places = directories(t, { 'a/clouds.yaml': { production: complete } });
  const env = {
    OS_CLOUD: 'production',
    OS_AUTH_SYSTEM: 'rackspace',
    OS_AUTH_TYPE: 'v3applicationcredential',
    OS_APPLICATION_CREDENTIAL_ID: 'ac1',
    OS_APPLICATION_CREDENTIAL_SECRET: 'app secret',
    OS_USER_ID: 'u1',
    OS_PROJECT_ID: 'p1',
    OS_USER_DOMAIN_ID: 'd1',
    OS_PROJECT_DOMAIN_ID: 'd1',
  };
  assert.deepEqual(resolveAccount(env, places), account);
});

test('the only cloud of a file needs no name; of several none is chosen; OS_AUTH_URL goes past it', (t) => {
  const complete = { ...production, auth: { ...production.auth, ...secret.auth } };
  const only = directories(t, { 'a/clouds.yaml': { production: complete } });
  assert.deepEqual(resolveAccount({}, only), account);
  const two = directories(t, { 'a/clouds.yaml': { production: complete, staging: complete } });
  assert.match(
    messageOf(() => resolveAccount({}, two)),
    /OS_AUTH_URL/,
  );
  const env = {
    OS_AUTH_URL: 'https://elsewhere.example/v3',
    OS_USERNAME: 'me',
    OS_PASSWORD: 'words',
    OS_PROJECT_NAME: 'p',
    OS_REGION_NAME: 'r',
  };
  assert.equal(resolveAccount(env, only).authUrl, 'https://elsewhere.example');
});

test('every name that clouds.yaml has for a setting', (t) => {
  const places = directories(t, {
    'a/clouds.yaml': {
      old: {
        auth: {
          auth_url: 'https://h/',
          user_name: 'u',
          tenant_name: 't',
          domain_id: 'd',
          password: 2014,
        },
        identity_api_version: 3,
        region_name: 'r',
        endpoint_type: 'publicURL',
      },
      robot: {
        auth_type: 'v3applicationcredential',
        auth: {
          auth_url: 'https://h/v3',
          application_credential_id: 'ac1',
          application_credential_secret: 'app secret',
        },
        region_name: 'r',
      },
      rax: { profile: 'rackspace', auth: { username: 'u', api_key: 'k1' }, region_name: 'ORD' },
    },
  });
  const old = resolveAccount({ OS_CLOUD: 'old' }, places);
  assert.deepEqual(
    [old.username, old.projectName, old.userDomainId, old.projectDomainId, old.password],
    ['u', 't', 'd', 'd', '2014'],
  );
  assert.equal(old.interface, 'public');
  assert.deepEqual(resolveAccount({ OS_CLOUD: 'robot' }, places).applicationCredential, {
    id: 'ac1',
    secret: 'app secret',
  });
  const rax = resolveAccount({ OS_CLOUD: 'rax' }, places);
  assert.deepEqual([rax.provider, rax.apiKey], ['rackspace', 'k1']);
  assert.equal(rax.authUrl, 'https://identity.api.rackspacecloud.com');
});

test('a cloud that is not there is one problem, which names those that are', (t) => {
  const places = directories(t, { 'a/clouds.yaml': { production, staging: {} } });
  const message = messageOf(() => resolveAccount({ OS_CLOUD: 'prod' }, places));
  assert.match(
    message,
    /^OS_CLOUD = "prod": .*clouds\.yaml has no such cloud; it has production, staging$/,
  );
  const none = messageOf(() => resolveAccount({ OS_CLOUD: 'prod' }, { directories: ['/nowhere'] }));
  assert.match(none, /^OS_CLOUD = "prod": there is no clouds\.yaml in \/nowhere$/);
  const env = { OS_CLOUD: 'prod', OS_CLIENT_CONFIG_FILE: '/nowhere/clouds.yaml' };
  assert.match(
    messageOf(() => resolveAccount(env)),
    /^OS_CLIENT_CONFIG_FILE = .*cannot be read/,
  );
});

test('a file that cannot be parsed is named by its line, not quoted', (t) => {
  const broken = 'clouds:\n  production:\n    auth: {password: correct horse: [}\n';
  const places = directories(t, { 'a/clouds.yaml': { production }, 'a/secure.yaml': broken });
  const message = messageOf(() => resolveAccount({ OS_CLOUD: 'production' }, places));
  assert.match(message, /secure\.yaml is not valid YAML \(line 3\)/);
  assert.doesNotMatch(message, /correct horse/);
});

test('a cloud that switches verification off is refused; one that names a CA is not', (t) => {
  const places = directories(t, {
    'a/clouds.yaml': {
      off: { ...production, verify: false },
      insecure: { ...production, insecure: true },
      on: { ...production, verify: true },
      ca: { ...production, cacert: '/no/such/ca.pem' },
    },
  });
  const resolve = (cloud: string): Account =>
    resolveAccount({ OS_CLOUD: cloud, OS_PASSWORD: 'correct horse' }, places);
  assert.match(
    messageOf(() => resolve('off')),
    /^OS_INSECURE = "verify: false of cloud off"/,
  );
  assert.match(
    messageOf(() => resolve('insecure')),
    /^OS_INSECURE/,
  );
  assert.deepEqual(resolve('on'), account);
  assert.match(
    messageOf(() => resolve('ca')),
    /^OS_CACERT = "\/no\/such\/ca\.pem": cannot be read/,
  );
});
