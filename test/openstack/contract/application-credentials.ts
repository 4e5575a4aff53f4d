import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answer.js';
import type { Case, Cloud } from './cloud.js';
import { MALFORMED, refusesLogin } from './login.js';

function path(cloud: Cloud, id = ''): string {
  return `/users/${cloud.userId}/application_credentials${id && `/${id}`}`;
}

async function create(cloud: Cloud, more: Record<string, unknown> = {}): Promise<Answer> {
  const application_credential = { name: cloud.name('credential'), ...more };
  const answer = await cloud.identity.post(path(cloud), { application_credential });
  const id = answer.at('application_credential.id');
  if (typeof id === 'string') cloud.undo(() => cloud.identity.delete(path(cloud, id)));
  return answer;
}

async function made(cloud: Cloud, more?: Record<string, unknown>): Promise<Credential> {
  const answer = (await create(cloud, more)).is(201);
  const field = (name: string): string => answer.string(`application_credential.${name}`);
  return { id: field('id'), name: field('name'), secret: field('secret') };
}

interface Credential {
  id: string;
  name: string;
  secret: string;
}

function logIn(cloud: Cloud, application_credential: unknown, scope?: unknown): Promise<Answer> {
  const identity = { methods: ['application_credential'], application_credential };
  return cloud.ask('POST', '/auth/tokens', { json: { auth: { identity, scope } } });
}

async function tokenOf(cloud: Cloud, { id, secret }: Credential): Promise<string> {
  return (await logIn(cloud, { id, secret })).is(201).header('x-subject-token') ?? '';
}

/** Application credentials: made, used, limited and ended. */
export const applicationCredentialCases: Case[] = [
  {
    name: 'a new application credential tells its secret once',
    run: async (cloud) => {
      const answer = (await create(cloud, { description: 'for a test' })).is(201);
      assert.equal(answer.at('application_credential.project_id'), cloud.projectId);
      assert.equal(answer.at('application_credential.description'), 'for a test');
      assert.equal(answer.at('application_credential.unrestricted'), null);
      assert.equal(answer.at('application_credential.expires_at'), null);
      assert.match(answer.string('application_credential.secret'), /^[\w-]{86}$/);
      const again = await cloud.identity.get(
        path(cloud, answer.string('application_credential.id')),
      );
      assert.equal(again.is(200).at('application_credential.secret'), undefined);
    },
  },
  {
    name: 'an application credential logs in to its project',
    run: async (cloud) => {
      const credential = await made(cloud);
      const answer = (await logIn(cloud, { id: credential.id, secret: credential.secret })).is(201);
      assert.deepEqual(answer.at('token.methods'), ['application_credential']);
      assert.equal(answer.at('token.project.id'), cloud.projectId);
      assert.equal(answer.at('token.application_credential.id'), credential.id);
      assert.equal(answer.at('token.application_credential.restricted'), true);
      assert.ok(answer.each('token.catalog', 'type').includes('compute'));
    },
  },
  {
    name: 'an application credential logs in by its name and its user',
    run: async (cloud) => {
      const { name, secret } = await made(cloud);
      const user = { name: cloud.target.v3.username, domain: { name: 'Default' } };
      const answer = await logIn(cloud, { name, secret, user });
      assert.equal(answer.is(201).at('token.project.id'), cloud.projectId);
    },
  },
  {
    name: 'the token of an application credential works in the services',
    run: async (cloud) => {
      const token = await tokenOf(cloud, await made(cloud));
      (await cloud.compute.send('GET', '/servers', { token })).is(200);
      (await cloud.network.send('GET', '/networks', { token })).is(200);
      (await cloud.storage.send('GET', '', { token })).is(200, 204);
    },
  },
  {
    name: 'a secret of the user’s own choice is taken',
    run: async (cloud) => {
      const { id } = await made(cloud, { secret: 'chosen by hand' });
      (await logIn(cloud, { id, secret: 'chosen by hand' })).is(201);
    },
  },
  {
    name: 'a wrong secret is refused',
    run: async (cloud) => {
      const { id } = await made(cloud);
      refusesLogin(await logIn(cloud, { id, secret: 'wrong' }));
    },
  },
  {
    name: 'an unknown application credential is refused',
    run: async (cloud) => {
      const id = '0123456789abcdef0123456789abcdef';
      (await logIn(cloud, { id, secret: 'any' })).keystone(
        404,
        'Not Found',
        `Could not find Application Credential: ${id}.`,
      );
    },
  },
  {
    name: 'an application credential asks for no scope',
    run: async (cloud) => {
      const { id, secret } = await made(cloud);
      const scope = { project: { id: cloud.projectId } };
      const answer = (await logIn(cloud, { id, secret }, scope)).is(401);
      assert.match(
        answer.string('error.message'),
        /Application credentials cannot request a scope\.$/,
      );
    },
  },
  {
    name: 'a restricted application credential makes no other',
    run: async (cloud) => {
      const token = await tokenOf(cloud, await made(cloud, { unrestricted: false }));
      const json = { application_credential: { name: cloud.name('second') } };
      (await cloud.ask('POST', path(cloud), { json, token })).keystone(
        403,
        'Forbidden',
        'You are not authorized to perform the requested action: Using method ' +
          "'application_credential' is not allowed for managing additional application " +
          'credentials..',
      );
    },
  },
  {
    name: 'two application credentials of one name are a conflict',
    run: async (cloud) => {
      const { name } = await made(cloud);
      (await create(cloud, { name })).keystone(
        409,
        'Conflict',
        /^Conflict occurred attempting to store application_credential - Duplicate entry found with name /,
      );
    },
  },
  {
    name: 'a role that the user has not is refused',
    run: async (cloud) => {
      (await create(cloud, { roles: [{ name: 'admin' }] })).keystone(
        400,
        'Bad Request',
        'Invalid application credential: Cannot create an application credential with ' +
          'unassigned role',
      );
    },
  },
  {
    name: 'an expiry in the past, or one that is no date, is refused',
    run: async (cloud) => {
      (await create(cloud, { expires_at: '2020-01-01T00:00:00Z' })).keystone(
        400,
        'Bad Request',
        `The 'expires_at' must not be before now. ${MALFORMED}`,
      );
      (await create(cloud, { expires_at: 'soon' })).keystone(
        400,
        'Bad Request',
        `Timestamp not in expected format. ${MALFORMED}`,
      );
    },
  },
  {
    name: 'an application credential logs in no more when it has expired, nor do its tokens work',
    run: async (cloud) => {
      const expiry = new Date(Date.now() + 2500);
      const credential = await made(cloud, { expires_at: expiry.toISOString() });
      const token = await tokenOf(cloud, credential);
      await sleep(expiry.getTime() + 1100 - Date.now());
      refusesLogin(await logIn(cloud, { id: credential.id, secret: credential.secret }));
      (await cloud.compute.send('GET', '/servers', { token })).is(401);
      refusesLogin(await cloud.ask('GET', '/auth/catalog', { token }));
    },
  },
  {
    name: 'a deleted application credential takes its tokens with it',
    run: async (cloud) => {
      const credential = await made(cloud);
      const token = await tokenOf(cloud, credential);
      (await cloud.identity.delete(path(cloud, credential.id))).is(204);
      (await logIn(cloud, { id: credential.id, secret: credential.secret })).is(404);
      (await cloud.compute.send('GET', '/servers', { token })).is(401);
      (await cloud.identity.delete(path(cloud, credential.id))).keystone(
        404,
        'Not Found',
        `Could not find Application Credential: ${credential.id}.`,
      );
    },
  },
  {
    name: 'application credentials are listed and shown',
    run: async (cloud) => {
      const { id, name } = await made(cloud);
      const list = (await cloud.identity.get(path(cloud))).is(200);
      assert.ok(list.each('application_credentials', 'id').includes(id));
      const byName = (await cloud.identity.get(`${path(cloud)}?name=${name}`)).is(200);
      assert.deepEqual(byName.each('application_credentials', 'id'), [id]);
    },
  },
  {
    name: 'an application credential without a name is refused',
    run: async (cloud) => {
      (await create(cloud, { name: undefined })).keystone(
        400,
        'Bad Request',
        /^'name' is a required property\n\nFailed validating 'required' in schema:\n {4}\{'additionalProperties': True,\n .*\n\nOn instance:\n {4}\{\}$/s,
      );
      (await create(cloud, { name: '' })).keystone(
        400,
        'Bad Request',
        "Invalid input for field 'name': '' is too short\n\n" +
          "Failed validating 'minLength' in schema['properties']['name']:\n" +
          "    {'maxLength': 255,\n     'minLength': 1,\n     'pattern': '[\\\\S]+',\n" +
          "     'type': 'string'}\n\nOn instance['name']:\n    ''",
      );
    },
  },
];
