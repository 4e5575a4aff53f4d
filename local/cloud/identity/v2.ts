import type { FastifyInstance } from 'fastify';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { HttpFault } from '../fault-error.js';
import { asObject, jsonBody } from '../json-body.js';
import { param } from '../query.js';
import { catalogV2 } from './catalog.js';
import { sameSecret } from './login.js';
import type { Token } from './tokens.js';

/**
 * Identity v2 with Rackspace's API keys (`RAX-KSKEY`), under `/identity/v2.0` and, as on
 * Rackspace's own host, under `/v2.0`.
 */
export function identityV2(app: FastifyInstance, cloud: Cloud): void {
  for (const base of ['/identity/v2.0', '/v2.0']) {
    app.get(base, () => ({ version: versionDocument(cloud, base) }));

    app.post(`${base}/tokens`, (request) => {
      const auth = asObject(asObject(jsonBody(request, malformed))?.auth);
      if (auth === undefined) throw malformed();
      const from = login(cloud, auth);
      const projectId = tenant(cloud, auth);
      const { token, text } = cloud.tokens.issue({ methods: ['password'], projectId, from });
      return accessDocument(cloud, token, text, auth);
    });

    app.get(`${base}/tenants`, (request) => {
      requireToken(cloud, request.headers['x-auth-token']);
      const { projectId, projectName } = account(cloud.state);
      const tenant = { id: projectId, name: projectName, description: '', enabled: true };
      return { tenants: [tenant], tenants_links: [] };
    });

    app.get(`${base}/tokens/:token`, (request) => {
      requireToken(cloud, request.headers['x-auth-token']);
      const text = param(request, 'token');
      const token = cloud.tokens.check(text);
      if (token === undefined) throw itemNotFound('Token not found.');
      return accessDocument(cloud, token, text, {});
    });

    app.delete(`${base}/tokens/:token`, (request, reply) => {
      requireToken(cloud, request.headers['x-auth-token']);
      const token = cloud.tokens.check(param(request, 'token'));
      if (token === undefined) throw itemNotFound('Token not found.');
      cloud.tokens.revoke(token);
      return reply.code(204).send();
    });

    app.get(`${base}/extensions`, (request) => {
      requireToken(cloud, request.headers['x-auth-token']);
      return { extensions: [] };
    });
  }
}

/** Checks who logs in; a token that was used is returned. */
function login(cloud: Cloud, auth: Record<string, unknown>): Token | undefined {
  const record = account(cloud.state);
  const password = asObject(auth.passwordCredentials);
  const apiKey = asObject(auth['RAX-KSKEY:apiKeyCredentials']);
  const token = asObject(auth.token);
  if (token !== undefined) {
    const from = cloud.tokens.check(String(token.id));
    if (from === undefined) throw itemNotFound('Token not found.');
    return from;
  }
  const given = password ?? apiKey;
  if (given === undefined) throw malformed();
  const secret = password === undefined ? given.apiKey : given.password;
  if (typeof given.username !== 'string' || typeof secret !== 'string') throw malformed();
  const right =
    given.username === record.username &&
    sameSecret(secret, password === undefined ? record.apiKey : record.password);
  if (!right) throw unauthorized('Unable to authenticate user with credentials provided.');
  return undefined;
}

/** The project a login is for. Rackspace's accounts have one, and it is the default. */
function tenant(cloud: Cloud, auth: Record<string, unknown>): string | undefined {
  const { projectId, projectName } = account(cloud.state);
  const id = auth.tenantId;
  const name = auth.tenantName;
  if (id === undefined && name === undefined) {
    return cloud.profile.name === 'rackspace' ? projectId : undefined;
  }
  if (id === projectId || (id === undefined && name === projectName)) return projectId;
  throw unauthorized(
    id === undefined
      ? `Tenant with Name/Id: '${String(name)}' is not valid for User '${account(cloud.state).username}'.`
      : 'Unable to authenticate user with credentials provided.',
  );
}

function accessDocument(
  cloud: Cloud,
  token: Token,
  text: string,
  auth: Record<string, unknown>,
): Record<string, unknown> {
  const { userId, username, projectName, roles } = account(cloud.state);
  const rackspace = cloud.profile.name === 'rackspace';
  const by = auth['RAX-KSKEY:apiKeyCredentials'] === undefined ? 'PASSWORD' : 'APIKEY';
  return {
    access: {
      token: {
        id: text,
        issued_at: new Date(token.issuedAt).toISOString(),
        expires: new Date(token.expiresAt).toISOString(),
        ...(token.projectId === undefined
          ? {}
          : { tenant: { id: token.projectId, name: projectName } }),
        ...(rackspace ? { 'RAX-AUTH:authenticatedBy': [by] } : {}),
      },
      serviceCatalog: token.projectId === undefined ? [] : catalogV2(cloud),
      user: {
        id: userId,
        name: username,
        roles,
        ...(rackspace ? { 'RAX-AUTH:defaultRegion': cloud.profile.region } : {}),
      },
    },
  };
}

function requireToken(cloud: Cloud, text: string | string[] | undefined): Token {
  const token = cloud.tokens.check(typeof text === 'string' ? text : undefined);
  if (token === undefined)
    throw unauthorized(
      "No valid token provided. Please use the 'X-Auth-Token' header with a valid token.",
    );
  return token;
}

function versionDocument(cloud: Cloud, base: string): Record<string, unknown> {
  return {
    id: 'v2.0',
    status: 'CURRENT',
    updated: '2011-01-21T11:33:21-06:00',
    links: [{ rel: 'self', href: `${cloud.url}${base}/` }],
    'media-types': [
      { base: 'application/json', type: 'application/vnd.openstack.identity-v2.0+json' },
    ],
  };
}

function malformed(): HttpFault {
  return new HttpFault(400, { badRequest: { code: 400, message: 'Invalid json request body' } });
}

function unauthorized(message: string): HttpFault {
  return new HttpFault(401, { unauthorized: { code: 401, message } });
}

function itemNotFound(message: string): HttpFault {
  return new HttpFault(404, { itemNotFound: { code: 404, message } });
}
