import assert from 'node:assert/strict';
import type { Case } from './cloud.js';
import { endpoint } from './cloud.js';
import { logIn, logInWith, refusesLogin, tokenOf } from './login.js';

/** Tokens, the catalogue, and what an ordinary user may see of Identity v3. */
export const tokenCases: Case[] = [
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
    run: async (cloud) => {
      (await cloud.identity.get('/auth/tokens', { 'x-subject-token': 'nonsense' })).is(404);
    },
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
