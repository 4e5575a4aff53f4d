import type { FastifyInstance, FastifyRequest } from 'fastify';
import { account, newSecret, secretHash } from '../account.js';
import type { Cloud } from '../cloud.js';
import { hexId } from '../ids.js';
import { asObject, jsonBody } from '../json-body.js';
import { param, queryOf } from '../query.js';
import type { ApplicationCredentialRecord } from '../records.js';
import { isoMicros } from '../time-format.js';
import { forbidden, invalid, keystoneFault, notFound } from './faults.js';
import { identityUri } from './login.js';
import { malformedJson, noContent, requireToken } from './requests.js';
import { checkApplicationCredential } from './schemas.js';

const BASE = '/identity/v3/users/:user/application_credentials';

/** Application credentials of the account's user. */
export function applicationCredentialRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;

  app.get(BASE, (request) => {
    const user = ownUser(cloud, request, 'list_application_credentials');
    const name = queryOf(request).get('name');
    const found = state.applicationCredentials
      .all()
      .filter((credential) => name === null || credential.name === name);
    return {
      application_credentials: found.map((credential) => document(cloud, credential)),
      links: {
        next: null,
        self: `${identityUri(cloud)}/users/${user}/application_credentials`,
        previous: null,
      },
    };
  });

  app.post(BASE, (request, reply) => {
    ownUser(cloud, request, 'create_application_credential');
    const body = asObject(jsonBody(request, malformedJson));
    const { application_credential: wanted = {} } = body ?? {};
    checkApplicationCredential(wanted);
    const token = requireToken(cloud, request);
    if (token.applicationCredentialId !== undefined) {
      throw forbidden(
        "Using method 'application_credential' is not allowed for managing additional " +
          'application credentials.',
      );
    }
    const { record, secret } = newCredential(cloud, wanted);
    state.transaction(() => {
      if (state.applicationCredentials.all().some(({ name }) => name === record.name)) {
        throw keystoneFault(
          409,
          'Conflict',
          'Conflict occurred attempting to store application_credential - Duplicate entry ' +
            `found with name ${record.name}.`,
        );
      }
      state.applicationCredentials.put(record.id, record);
    });
    return reply.code(201).send({ application_credential: { ...document(cloud, record), secret } });
  });

  app.get(`${BASE}/:id`, (request) => {
    ownUser(cloud, request, 'get_application_credential');
    return { application_credential: document(cloud, find(cloud, param(request, 'id'))) };
  });

  app.delete(`${BASE}/:id`, (request, reply) => {
    ownUser(cloud, request, 'delete_application_credential');
    const { id } = find(cloud, param(request, 'id'));
    state.transaction(() => {
      state.applicationCredentials.remove(id);
    });
    return noContent(reply);
  });
}

function ownUser(cloud: Cloud, request: FastifyRequest, action: string): string {
  requireToken(cloud, request);
  const { userId } = account(cloud.state);
  if (param(request, 'user') !== userId) throw forbidden(`identity:${action}`);
  return userId;
}

function find(cloud: Cloud, id: string): ApplicationCredentialRecord {
  const found = cloud.state.applicationCredentials.get(id);
  if (found === undefined) throw notFound('Application Credential', id);
  return found;
}

function newCredential(
  cloud: Cloud,
  wanted: Record<string, unknown> & { name: string },
): { record: ApplicationCredentialRecord; secret: string } {
  const { name, description, secret: given, expires_at: expiry, roles } = wanted;
  const known = account(cloud.state).roles;
  if (Array.isArray(roles)) {
    for (const role of roles.map(asObject)) {
      if (known.some(({ id, name }) => id === role?.id || name === role?.name)) continue;
      throw keystoneFault(
        400,
        'Bad Request',
        'Invalid application credential: Cannot create an application credential with ' +
          'unassigned role',
      );
    }
  }
  const secret = typeof given === 'string' && given !== '' ? given : newSecret();
  return {
    secret,
    record: {
      id: hexId(),
      name,
      description: typeof description === 'string' ? description : null,
      secretHash: secretHash(secret),
      expiresAt: expiryMs(expiry),
      unrestricted: typeof wanted.unrestricted === 'boolean' ? wanted.unrestricted : null,
    },
  };
}

function expiryMs(expiry: unknown): number | null {
  if (typeof expiry !== 'string') return null;
  const ms = Date.parse(/Z$|[+-]\d\d:?\d\d$/.test(expiry) ? expiry : `${expiry}Z`);
  if (Number.isNaN(ms)) throw invalid('Timestamp not in expected format.');
  if (ms < Date.now()) throw invalid("The 'expires_at' must not be before now.");
  return ms;
}

function document(cloud: Cloud, record: ApplicationCredentialRecord): Record<string, unknown> {
  const { userId, projectId, roles } = account(cloud.state);
  return {
    id: record.id,
    name: record.name,
    description: record.description,
    user_id: userId,
    project_id: projectId,
    system: null,
    expires_at: record.expiresAt === null ? null : isoMicros(record.expiresAt),
    unrestricted: record.unrestricted,
    roles: roles.map((role) => ({
      ...role,
      domain_id: null,
      description: null,
      options: { immutable: true },
    })),
    links: { self: `${identityUri(cloud)}/application_credentials/${record.id}` },
  };
}
