import { pathOf, SchemaCheck, wholeWordsOf, type Schema } from '../json-schema.js';
import { keystoneFault } from './faults.js';

const string: Schema = { type: 'string' };
const boolean: Schema = { type: 'boolean', enum: [true, false, null] };
const idString: Schema = { ...string, minLength: 1, maxLength: 64, pattern: '^[a-zA-Z0-9-]+$' };
const name: Schema = { ...string, minLength: 1, maxLength: 255, pattern: '[\\S]+' };
const textOrNull: Schema = { type: ['null', 'string'] };

const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
});
const reference = object({ id: string, name: string });

/** The `auth` of a login, keys in Keystone's order. */
const tokenIssue = new SchemaCheck(
  object(
    {
      identity: object(
        {
          methods: { type: 'array', items: string },
          password: object({
            user: object({ id: string, name: string, password: string, domain: reference }),
          }),
          token: object({ id: string }, { required: ['id'] }),
        },
        { required: ['methods'] },
      ),
      scope: {
        ...object({
          project: object({ name: string, id: string, domain: reference }),
          domain: reference,
          'OS-TRUST:trust': object({ id: string }),
          system: object({ all: boolean }),
        }),
        type: ['object', 'string'],
      },
    },
    { required: ['identity'] },
  ),
);

const applicationCredentialCreate = new SchemaCheck(
  object(
    {
      name,
      description: { type: ['string', 'null'] },
      secret: textOrNull,
      expires_at: textOrNull,
      roles: {
        type: 'array',
        items: object(
          { id: idString, name },
          { minProperties: 1, maxProperties: 1, additionalProperties: false },
        ),
      },
      unrestricted: boolean,
      access_rules: {
        type: 'array',
        items: object(
          {
            path: { ...string, minLength: 0, maxLength: 225, pattern: '^\\/.*' },
            method: { ...string, pattern: '^(POST|GET|HEAD|PATCH|PUT|DELETE)$' },
            service: idString,
            id: idString,
          },
          { additionalProperties: false },
        ),
      },
    },
    { required: ['name'], additionalProperties: true },
  ),
);

/** Checks the `auth` of a login; throws Keystone's 400. */
export function checkLogin(auth: unknown): asserts auth is Record<string, unknown> & {
  identity: Record<string, unknown> & { methods: string[] };
} {
  check(tokenIssue, auth);
}

/** Checks an application credential to be; throws Keystone's 400. */
export function checkApplicationCredential(
  wanted: unknown,
): asserts wanted is Record<string, unknown> & { name: string } {
  check(applicationCredentialCreate, wanted);
}

function check(schema: SchemaCheck, value: unknown): void {
  const [first] = schema.misfits(value);
  if (first === undefined) return;
  const path = pathOf(first).join('/');
  const where = path === '' ? '' : `Invalid input for field '${path}': `;
  throw keystoneFault(400, 'Bad Request', where + wholeWordsOf(first));
}
