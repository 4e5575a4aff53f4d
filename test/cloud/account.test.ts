import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  accountFingerprint,
  accountId,
  accountSecrets,
  accountUser,
  hasAccount,
} from '../../cloud/account.js';
import { resolveAccount } from '../../cloud/resolve-account.js';

const KEY = '0123456789abcdef0123456789abcdef';
const openstack = {
  OS_AUTH_URL: 'https://cloud.example:5000/v3',
  OS_USERNAME: 'demo',
  OS_PASSWORD: 'correct horse',
  OS_PROJECT_NAME: 'web',
  OS_REGION_NAME: 'RegionOne',
};
const rackspace = {
  OS_AUTH_SYSTEM: 'rackspace',
  OS_USERNAME: 'demo',
  OS_PASSWORD: KEY,
  OS_REGION_NAME: 'ORD',
};
const idOf = (env: NodeJS.ProcessEnv): string => accountId(resolveAccount(env, nowhere));
const nowhere = { directories: [] };

test('the account id is the same in every version: workflows and workers find each other by it', () => {
  assert.equal(idOf(openstack), '5ba200a7');
  assert.equal(idOf(rackspace), '27c048f4');
});

test('the account id does not depend on the secret, nor on how the same place is written', () => {
  for (const same of [
    { OS_PASSWORD: 'another' },
    { OS_AUTH_URL: 'https://Cloud.example:5000/v3/' },
    { OS_AUTH_URL: 'https://cloud.example:5000', OS_IDENTITY_API_VERSION: '3' },
    { OS_REGION_NAME: 'regionone' },
    { OS_USER_DOMAIN_NAME: 'Default', OS_PROJECT_DOMAIN_ID: 'default' },
  ]) {
    assert.equal(idOf({ ...openstack, ...same }), idOf(openstack), JSON.stringify(same));
  }
  const { OS_PASSWORD: apiKey, ...rest } = rackspace;
  assert.equal(idOf({ ...rest, RAX_API_KEY: apiKey }), idOf(rackspace));
  assert.equal(idOf({ ...rest, OS_PASSWORD: 'a password' }), idOf(rackspace));
});

test('another place, project, region or user is another account', () => {
  const ids = [
    {},
    { OS_AUTH_URL: 'https://cloud.example:5001/v3' },
    { OS_PROJECT_NAME: 'shop' },
    { OS_PROJECT_ID: 'p1' },
    { OS_PROJECT_DOMAIN_NAME: 'Sales' },
    { OS_REGION_NAME: 'RegionTwo' },
    { OS_USERNAME: 'other' },
    { OS_USER_ID: 'u1' },
    { OS_USER_DOMAIN_NAME: 'Sales' },
    { OS_APPLICATION_CREDENTIAL_ID: 'ac1', OS_APPLICATION_CREDENTIAL_SECRET: 's', OS_USERNAME: '' },
  ].map((change) => idOf({ ...openstack, ...change }));
  assert.equal(new Set(ids).size, ids.length);
  ids.forEach((id) => assert.match(id, /^[0-9a-f]{8}$/));
});

test('the fingerprint tells one secret from another, and nothing of either', () => {
  const fingerprint = (change: Record<string, string>, root = 'root secret'): string =>
    accountFingerprint(resolveAccount({ ...openstack, ...change }, nowhere), root);
  assert.match(fingerprint({}), /^[0-9a-f]{32}$/);
  assert.equal(fingerprint({}), fingerprint({ OS_USER_DOMAIN_ID: 'default' }));
  assert.notEqual(fingerprint({}), fingerprint({ OS_PASSWORD: 'another' }));
  assert.notEqual(fingerprint({}), fingerprint({ OS_INTERFACE: 'internal' }));
  assert.notEqual(fingerprint({}), fingerprint({}, 'another root secret'));
});

test('the user is named as he logs in', () => {
  const userOf = (change: Record<string, string>): string =>
    accountUser(resolveAccount({ ...openstack, ...change }, nowhere));
  assert.equal(userOf({}), 'demo');
  assert.equal(userOf({ OS_USERNAME: '', OS_USER_ID: 'u1' }), 'u1');
  const credential = { OS_USERNAME: '', OS_APPLICATION_CREDENTIAL_SECRET: 's' };
  assert.equal(userOf({ ...credential, OS_APPLICATION_CREDENTIAL_ID: 'ac1' }), 'ac1');
});

test('every secret of an account is known for one', () => {
  const account = resolveAccount(
    { ...openstack, OS_APPLICATION_CREDENTIAL_ID: 'i', OS_APPLICATION_CREDENTIAL_SECRET: 'app' },
    nowhere,
  );
  const rax = resolveAccount({ ...rackspace, OS_API_KEY: 'key' }, nowhere);
  const secrets = [account, rax].flatMap((one) => accountSecrets(one)).filter(Boolean);
  assert.deepEqual(secrets.sort(), [KEY, 'app', 'key']);
});

test('an account is meant as soon as one of its variables is set, not because a file lists clouds', () => {
  for (const name of ['OS_CLOUD', 'OS_AUTH_URL', 'OS_PASSWORD', 'RAX_API_KEY', 'NOVA_RAX_AUTH']) {
    assert.ok(hasAccount({ [name]: 'x' }), name);
  }
  assert.ok(!hasAccount({ OS_CLOUD: '', OS_REGION_NAME: 'ORD', OS_CLIENT_CONFIG_FILE: 'f' }));
});
