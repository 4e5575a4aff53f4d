import assert from 'node:assert/strict';
import type { Answer, Document } from './answer.js';
import type { Case, Cloud } from './cloud.js';
import { send } from './service.js';

function logIn(cloud: Cloud, auth: Record<string, unknown>): Promise<Answer> {
  return send('POST', `${cloud.target.v2.url}/tokens`, { json: { auth } });
}

function apiKey(cloud: Cloud, change: Record<string, unknown> = {}): Record<string, unknown> {
  const { username, apiKey } = cloud.target.v2;
  return { 'RAX-KSKEY:apiKeyCredentials': { username, apiKey, ...change } };
}

function password(cloud: Cloud, change: Record<string, unknown> = {}): Record<string, unknown> {
  const { username, password } = cloud.target.v2;
  return { passwordCredentials: { username, password, ...change } };
}

function refuses(answer: Answer): void {
  answer.says(401, {
    unauthorized: {
      code: 401,
      message: 'Unable to authenticate user with credentials provided.',
    },
  });
}

function malformed(answer: Answer): void {
  answer.says(400, { badRequest: { code: 400, message: 'Invalid json request body' } });
}

function publicUrl(access: Document, name: string): string {
  const service = access.list('access.serviceCatalog').find((entry) => entry.at('name') === name);
  assert.ok(service, `the catalogue has no ${name}`);
  return service.string('endpoints.0.publicURL');
}

/** Identity v2 in Rackspace's manner: API key or password, and Rackspace's catalogue. */
export const identityV2Cases: Case[] = [
  {
    name: 'an API key logs in to the account’s project',
    run: async (cloud) => {
      const answer = (await logIn(cloud, apiKey(cloud))).is(200);
      assert.equal(answer.at('access.user.name'), cloud.target.v2.username);
      assert.equal(answer.at('access.token.tenant.name'), cloud.target.v2.tenantName);
      assert.deepEqual(answer.at('access.token.RAX-AUTH:authenticatedBy'), ['APIKEY']);
      assert.ok(Date.parse(answer.string('access.token.expires')) > Date.now());
    },
  },
  {
    name: 'a password logs in to the account’s project',
    run: async (cloud) => {
      const answer = (await logIn(cloud, password(cloud))).is(200);
      assert.equal(answer.at('access.token.tenant.name'), cloud.target.v2.tenantName);
      assert.deepEqual(answer.at('access.token.RAX-AUTH:authenticatedBy'), ['PASSWORD']);
    },
  },
  {
    name: 'the project is named by name or by id',
    run: async (cloud) => {
      const { tenantName } = cloud.target.v2;
      const byName = (await logIn(cloud, { ...apiKey(cloud), tenantName })).is(200);
      const tenantId = byName.string('access.token.tenant.id');
      const byId = (await logIn(cloud, { ...apiKey(cloud), tenantId })).is(200);
      assert.equal(byId.at('access.token.tenant.name'), tenantName);
    },
  },
  {
    name: 'the catalogue has Rackspace’s names, one region and the project',
    run: async (cloud) => {
      const answer = (await logIn(cloud, apiKey(cloud))).is(200);
      const region = answer.string('access.user.RAX-AUTH:defaultRegion');
      const tenant = answer.string('access.token.tenant.id');
      const names = answer.each('access.serviceCatalog', 'name');
      for (const name of ['cloudServersOpenStack', 'cloudFiles', 'cloudNetworks', 'cloudImages']) {
        assert.ok(names.includes(name), name);
      }
      for (const service of answer.list('access.serviceCatalog')) {
        assert.deepEqual(service.each('endpoints', 'region'), [region]);
        assert.deepEqual(service.each('endpoints', 'tenantId'), [tenant]);
      }
      assert.match(publicUrl(answer, 'cloudNetworks'), /\/v2\.0$/);
      assert.ok(publicUrl(answer, 'cloudServersOpenStack').endsWith(`/${tenant}`));
    },
  },
  {
    name: 'the token works in the services',
    run: async (cloud) => {
      const answer = (await logIn(cloud, apiKey(cloud))).is(200);
      const token = answer.string('access.token.id');
      for (const [name, path] of [
        ['cloudServersOpenStack', '/servers'],
        ['cloudServersOpenStack', '/flavors'],
        ['cloudNetworks', '/networks'],
        ['cloudImages', '/images'],
        ['cloudFiles', '?format=json'],
      ]) {
        (await send('GET', publicUrl(answer, name ?? '') + (path ?? ''), { token })).is(200);
      }
    },
  },
  {
    name: 'a wrong API key is refused',
    run: async (cloud) => refuses(await logIn(cloud, apiKey(cloud, { apiKey: 'wrong' }))),
  },
  {
    name: 'a wrong password is refused',
    run: async (cloud) => refuses(await logIn(cloud, password(cloud, { password: 'wrong' }))),
  },
  {
    name: 'a password is no API key, and an API key is no password',
    run: async (cloud) => {
      const { v2 } = cloud.target;
      refuses(await logIn(cloud, apiKey(cloud, { apiKey: v2.password })));
      refuses(await logIn(cloud, password(cloud, { password: v2.apiKey })));
    },
  },
  {
    name: 'an unknown user is refused in the same words',
    run: async (cloud) => refuses(await logIn(cloud, apiKey(cloud, { username: 'nobody' }))),
  },
  {
    name: 'an unknown project is refused',
    run: async (cloud) => {
      (await logIn(cloud, { ...apiKey(cloud), tenantName: 'nowhere' })).is(401);
      (await logIn(cloud, { ...apiKey(cloud), tenantId: '0123456789abcdef' })).is(401);
    },
  },
  {
    name: 'a login without credentials is refused',
    run: async (cloud) => {
      malformed(await logIn(cloud, {}));
      malformed(await logIn(cloud, apiKey(cloud, { apiKey: undefined })));
      malformed(await logIn(cloud, password(cloud, { username: undefined })));
    },
  },
  {
    name: 'a login that is no JSON, or has no auth, is refused',
    run: async (cloud) => {
      const url = `${cloud.target.v2.url}/tokens`;
      const headers = { 'content-type': 'application/json' };
      malformed(await send('POST', url, { body: '{', headers }));
      malformed(await send('POST', url, { json: {} }));
    },
  },
];
