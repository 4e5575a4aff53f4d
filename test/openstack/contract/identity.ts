import assert from 'node:assert/strict';
import type { Case, Cloud } from './cloud.js';
import { endpoint, passwordLogin } from './cloud.js';
import type { Answer } from './answer.js';

const MALFORMED =
  'The server could not comply with the request since it is either malformed or otherwise ' +
  'incorrect. The client is assumed to be in error.';

/** Logs in with the project's password, `change` applied to the body. */
function logIn(
  cloud: Cloud,
  change: (body: { auth: Record<string, unknown> }) => unknown = (body) => body,
  query = '',
): Promise<Answer> {
  const json = change(passwordLogin(cloud.target.v3));
  return cloud.ask('POST', `/auth/tokens${query}`, { json });
}

function logInAs(cloud: Cloud, account: Partial<Cloud['target']['v3']>): Promise<Answer> {
  const json = passwordLogin({ ...cloud.target.v3, ...account });
  return cloud.ask('POST', '/auth/tokens', { json });
}

function logInWith(cloud: Cloud, identity: unknown, scope?: unknown): Promise<Answer> {
  return cloud.ask('POST', '/auth/tokens', { json: { auth: { identity, scope } } });
}

function refusesLogin(answer: Answer): void {
  answer.keystone(401, 'Unauthorized', 'The request you have made requires authentication.');
}

function tokenOf(answer: Answer): string {
  return answer.is(201).header('x-subject-token') ?? '';
}

/** Logging in, tokens, and what an ordinary user may see of Identity v3. */
export const identityCases: Case[] = [
  {
    name: 'the version document names v3 and where it is',
    run: async (cloud) => {
      const answer = (await cloud.ask('GET', '')).is(200);
      assert.equal(answer.at('version.id'), 'v3.14');
      assert.equal(answer.at('version.status'), 'stable');
      assert.equal(answer.at('version.links.0.href'), `${cloud.target.v3.url}/`);
    },
  },
  {
    name: 'a password with names logs in to the project',
    run: async (cloud) => {
      const answer = (await logIn(cloud)).is(201);
      assert.ok(answer.header('x-subject-token'));
      assert.deepEqual(answer.at('token.methods'), ['password']);
      assert.equal(answer.at('token.project.name'), cloud.target.v3.projectName);
      assert.deepEqual(answer.at('token.project.domain'), { id: 'default', name: 'Default' });
      assert.equal(answer.at('token.user.name'), cloud.target.v3.username);
      assert.equal(answer.at('token.is_domain'), false);
      assert.deepEqual(answer.each('token.roles', 'name').sort(), ['member', 'reader']);
      assert.match(answer.string('token.expires_at'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    },
  },
  {
    name: 'a password with ids logs in to the project',
    run: async (cloud) => {
      const { password } = cloud.target.v3;
      const answer = await logInWith(
        cloud,
        { methods: ['password'], password: { user: { id: cloud.userId, password } } },
        { project: { id: cloud.projectId } },
      );
      assert.equal(answer.is(201).at('token.project.id'), cloud.projectId);
    },
  },
  {
    name: 'a token lives an hour',
    run: async (cloud) => {
      const answer = (await logIn(cloud)).is(201);
      const from = Date.parse(answer.string('token.issued_at'));
      const to = Date.parse(answer.string('token.expires_at'));
      assert.ok(Math.abs(to - from - 3600_000) < 2000, `${(to - from) / 1000} s`);
    },
  },
  {
    name: 'a token has the catalogue of the region, three interfaces a service',
    run: async (cloud) => {
      const answer = (await logIn(cloud)).is(201);
      for (const type of ['identity', 'compute', 'network', 'image', 'object-store']) {
        assert.ok(endpoint(answer, type, cloud.target.v3.region));
        const service = answer.list('token.catalog').find((entry) => entry.at('type') === type);
        const interfaces = service?.each('endpoints', 'interface').sort();
        assert.deepEqual(interfaces, ['admin', 'internal', 'public']);
        assert.equal(service?.at('endpoints.0.region_id'), cloud.target.v3.region);
      }
    },
  },
  {
    name: 'a region that the cloud does not have is not in the catalogue',
    run: async (cloud) => {
      const answer = (await logIn(cloud)).is(201);
      const regions = answer
        .list('token.catalog')
        .flatMap((service) => service.each('endpoints', 'region'));
      assert.deepEqual([...new Set(regions)], [cloud.target.v3.region]);
    },
  },
  {
    name: '?nocatalog leaves the catalogue out',
    run: async (cloud) => {
      const answer = await logIn(cloud, undefined, '?nocatalog');
      assert.equal(answer.is(201).at('token.catalog'), undefined);
      assert.ok(answer.at('token.project.id'));
    },
  },
  {
    name: 'a login without a scope is unscoped',
    run: async (cloud) => {
      const answer = await logIn(cloud, ({ auth }) => ({ auth: { identity: auth.identity } }));
      assert.equal(answer.is(201).at('token.project'), undefined);
      assert.equal(answer.at('token.catalog'), undefined);
      assert.equal(answer.at('token.roles'), undefined);
    },
  },
  {
    name: 'the scope "unscoped" is unscoped',
    run: async (cloud) => {
      const answer = await logIn(cloud, ({ auth }) => ({ auth: { ...auth, scope: 'unscoped' } }));
      assert.equal(answer.is(201).at('token.project'), undefined);
    },
  },
  {
    name: 'an unscoped token becomes a scoped one, and does not live longer by it',
    run: async (cloud) => {
      const unscoped = await logIn(cloud, ({ auth }) => ({ auth: { identity: auth.identity } }));
      const answer = await logInWith(
        cloud,
        { methods: ['token'], token: { id: tokenOf(unscoped) } },
        { project: { id: cloud.projectId } },
      );
      assert.equal(answer.is(201).at('token.project.id'), cloud.projectId);
      assert.deepEqual([...(answer.at('token.methods') as string[])].sort(), ['password', 'token']);
      const seconds = (text: string): number => Math.floor(Date.parse(text) / 1000);
      const [first, second] = [unscoped, answer].map((a) => a.string('token.expires_at'));
      assert.equal(seconds(second ?? ''), seconds(first ?? ''));
    },
  },
  {
    name: 'a wrong password is refused',
    run: async (cloud) => refusesLogin(await logInAs(cloud, { password: 'wrong' })),
  },
  {
    name: 'an unknown user is refused in the same words',
    run: async (cloud) => refusesLogin(await logInAs(cloud, { username: 'nobody' })),
  },
  {
    name: 'an unknown project is refused in the same words',
    run: async (cloud) => refusesLogin(await logInAs(cloud, { projectName: 'nowhere' })),
  },
  {
    name: 'an unknown project id is refused in the same words',
    run: async (cloud) =>
      refusesLogin(
        await logIn(cloud, ({ auth }) => ({
          auth: { ...auth, scope: { project: { id: '0123456789abcdef0123456789abcdef' } } },
        })),
      ),
  },
  {
    name: 'an unknown domain is refused in the same words',
    run: async (cloud) => {
      const { username, password } = cloud.target.v3;
      const user = { name: username, password, domain: { name: 'Nowhere' } };
      refusesLogin(await logInWith(cloud, { methods: ['password'], password: { user } }));
    },
  },
  {
    name: 'a refused login says where to log in',
    run: async (cloud) => {
      const answer = await logInAs(cloud, { password: 'wrong' });
      assert.equal(answer.header('www-authenticate'), `Keystone uri="${cloud.target.v3.url}"`);
    },
  },
  {
    name: 'an unknown method is refused',
    run: async (cloud) => {
      const answer = await logInWith(cloud, { methods: ['guess'], guess: {} });
      const message = 'Attempted to authenticate with an unsupported method.';
      assert.equal(answer.is(401).at('error.message'), message);
      assert.equal(answer.at('error.title'), 'Unauthorized');
    },
  },
  {
    name: 'a login body without auth is refused',
    run: async (cloud) =>
      (await cloud.ask('POST', '/auth/tokens', { json: {} })).keystone(
        400,
        'Bad Request',
        `Expecting to find auth in request body. ${MALFORMED}`,
      ),
  },
  {
    name: 'a login without an identity is refused',
    run: async (cloud) =>
      (await cloud.ask('POST', '/auth/tokens', { json: { auth: {} } })).keystone(
        400,
        'Bad Request',
        /^'identity' is a required property\n/,
      ),
  },
  {
    name: 'a login without methods is refused',
    run: async (cloud) =>
      (await logInWith(cloud, {})).keystone(
        400,
        'Bad Request',
        /^Invalid input for field 'identity': 'methods' is a required property\n/,
      ),
  },
  {
    name: 'a login that is no JSON is refused',
    run: async (cloud) => {
      const headers = { 'content-type': 'application/json' };
      (await cloud.ask('POST', '/auth/tokens', { body: '{', headers })).keystone(
        400,
        'Bad Request',
        `Expecting to find valid JSON in request body. ${MALFORMED}`,
      );
    },
  },
  {
    name: 'a token tells of itself',
    run: async (cloud) => {
      const token = tokenOf(await logIn(cloud));
      const headers = { 'x-subject-token': token };
      const answer = (await cloud.ask('GET', '/auth/tokens', { token, headers })).is(200);
      assert.equal(answer.at('token.user.name'), cloud.target.v3.username);
      assert.equal(answer.header('x-subject-token'), token);
    },
  },
  {
    name: 'a token is asked for by HEAD as well',
    run: async (cloud) => {
      const headers = { 'x-subject-token': cloud.token };
      (await cloud.identity.head('/auth/tokens', headers)).is(200);
    },
  },
  {
    name: 'an unknown token is not found',
    run: async (cloud) =>
      (await cloud.identity.get('/auth/tokens', { 'x-subject-token': 'nonsense' })).is(404),
  },
  {
    name: 'nothing is told without a token',
    run: async (cloud) => {
      const headers = { 'x-subject-token': cloud.token };
      refusesLogin(await cloud.ask('GET', '/auth/tokens', { headers }));
    },
  },
  {
    name: 'a revoked token is good for nothing, in any service',
    run: async (cloud) => {
      const token = tokenOf(await logIn(cloud));
      const headers = { 'x-subject-token': token };
      (await cloud.ask('DELETE', '/auth/tokens', { token, headers })).is(204);
      refusesLogin(await cloud.ask('GET', '/auth/tokens', { token, headers }));
      (await cloud.identity.get('/auth/tokens', headers)).is(404);
      (await cloud.compute.send('GET', '/servers', { token })).is(401);
      (await cloud.network.send('GET', '/networks', { token })).is(401);
      (await cloud.image.send('GET', '/images', { token })).is(401);
      (await cloud.storage.send('GET', '', { token })).is(401);
      (await logInWith(cloud, { methods: ['token'], token: { id: token } })).keystone(
        404,
        'Not Found',
        'Failed to validate token',
      );
    },
  },
  {
    name: 'the catalogue is there to be asked for',
    run: async (cloud) => {
      const answer = (await cloud.identity.get('/auth/catalog')).is(200);
      assert.ok(answer.each('catalog', 'type').includes('compute'));
    },
  },
  {
    name: 'a user sees the projects to log in to',
    run: async (cloud) => {
      const answer = (await cloud.identity.get('/auth/projects')).is(200);
      assert.deepEqual(answer.each('projects', 'id'), [cloud.projectId]);
      const own = (await cloud.identity.get(`/users/${cloud.userId}/projects`)).is(200);
      assert.deepEqual(own.each('projects', 'id'), [cloud.projectId]);
    },
  },
  {
    name: 'a user sees their own project and their own account',
    run: async (cloud) => {
      const project = (await cloud.identity.get(`/projects/${cloud.projectId}`)).is(200);
      assert.equal(project.at('project.name'), cloud.target.v3.projectName);
      const user = (await cloud.identity.get(`/users/${cloud.userId}`)).is(200);
      assert.equal(user.at('user.name'), cloud.target.v3.username);
    },
  },
  {
    name: 'users, services and endpoints are for administrators',
    run: async (cloud) => {
      for (const [path, action] of [
        ['/users', 'list_users'],
        ['/projects', 'list_projects'],
        ['/services', 'list_services'],
        ['/endpoints', 'list_endpoints'],
        ['/domains', 'list_domains'],
        ['/roles', 'list_roles'],
      ]) {
        (await cloud.identity.get(path ?? '')).keystone(
          403,
          'Forbidden',
          `You are not authorized to perform the requested action: identity:${action}.`,
        );
      }
    },
  },
  {
    name: 'regions are known to everyone, and an unknown one is not found',
    run: async (cloud) => {
      const { region } = cloud.target.v3;
      const answer = (await cloud.identity.get('/regions')).is(200);
      assert.deepEqual(answer.each('regions', 'id'), [region]);
      assert.equal((await cloud.identity.get(`/regions/${region}`)).at('region.id'), region);
      (await cloud.identity.get('/regions/Nowhere')).keystone(
        404,
        'Not Found',
        'Could not find region: Nowhere.',
      );
    },
  },
];
