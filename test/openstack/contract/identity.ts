import assert from 'node:assert/strict';
import { passwordLogin, type Case } from './cloud.js';
import { logIn, logInAs, logInWith, MALFORMED, refusesLogin, tokenOf } from './login.js';

/** The whole of a refusal by a schema, as jsonschema prints it. */
const NO_METHODS = `Invalid input for field 'identity': 'methods' is a required property

Failed validating 'required' in schema['properties']['identity']:
    {'properties': {'methods': {'items': {'type': 'string'},
                                'type': 'array'},
                    'password': {'properties': {'user': {'properties': {'domain': {'properties': {'id': {'type': 'string'},
                                                                                                  'name': {'type': 'string'}},
                                                                                   'type': 'object'},
                                                                        'id': {'type': 'string'},
                                                                        'name': {'type': 'string'},
                                                                        'password': {'type': 'string'}},
                                                         'type': 'object'}},
                                 'type': 'object'},
                    'token': {'properties': {'id': {'type': 'string'}},
                              'required': ['id'],
                              'type': 'object'}},
     'required': ['methods'],
     'type': 'object'}

On instance['identity']:
    {}`;

/** Logging in with a password, or with a token. */
export const identityCases: Case[] = [
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
    run: async (cloud) => {
      (await cloud.ask('POST', '/auth/tokens', { json: {} })).keystone(
        400,
        'Bad Request',
        `Expecting to find auth in request body. ${MALFORMED}`,
      );
    },
  },
  {
    name: 'a login without an identity is refused',
    run: async (cloud) => {
      (await cloud.ask('POST', '/auth/tokens', { json: { auth: {} } })).keystone(
        400,
        'Bad Request',
        /^'identity' is a required property(\n|$)/,
      );
    },
  },
  {
    name: 'a login without methods is refused',
    run: async (cloud) => {
      (await logInWith(cloud, {})).keystone(400, 'Bad Request', NO_METHODS);
    },
  },
  {
    name: 'a login of another form is refused in jsonschema’s words',
    run: async (cloud) => {
      const misfit = (field: string, words: string, where: string, schema: string): string => {
        const path = field.split('/').map((part) => (/^\d+$/.test(part) ? part : `'${part}'`));
        return (
          `Invalid input for field '${field}': ${words}\n\nFailed validating 'type' in ` +
          `schema${where}:\n    ${schema}\n\nOn instance[${path.join('][')}]:\n    ` +
          (words.split(' ')[0] ?? '')
        );
      };
      const identity = "['properties']['identity']['properties']";
      const methods = `${identity}['methods']`;
      (await logInWith(cloud, { methods: 'password' })).keystone(
        400,
        'Bad Request',
        misfit(
          'identity/methods',
          "'password' is not of type 'array'",
          methods,
          "{'items': {'type': 'string'}, 'type': 'array'}",
        ),
      );
      (await logInWith(cloud, { methods: [1] })).keystone(
        400,
        'Bad Request',
        misfit(
          'identity/methods/0',
          "1 is not of type 'string'",
          `${methods}['items']`,
          "{'type': 'string'}",
        ),
      );
      (await logInWith(cloud, { methods: ['password'], password: { user: { name: 1 } } })).keystone(
        400,
        'Bad Request',
        misfit(
          'identity/password/user/name',
          "1 is not of type 'string'",
          `${identity}['password']['properties']['user']['properties']['name']`,
          "{'type': 'string'}",
        ),
      );
    },
  },
  {
    name: 'a login that says it is no JSON is refused',
    run: async (cloud) => {
      const body = JSON.stringify(passwordLogin(cloud.target.v3));
      (
        await cloud.ask('POST', '/auth/tokens', { body, headers: { 'content-type': 'text/plain' } })
      ).keystone(
        400,
        'Bad Request',
        `Expecting to find application/json in Content-Type header. ${MALFORMED}`,
      );
    },
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
];
