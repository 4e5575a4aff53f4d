import type { FastifyInstance, FastifyRequest } from 'fastify';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { asObject, jsonBody } from '../json-body.js';
import { param } from '../query.js';
import { isoMicrosZ } from '../time-format.js';
import { applicationCredentialRoutes } from './application-credentials.js';
import { catalogV3 } from './catalog.js';
import { expecting, forbidden, notFound } from './faults.js';
import { identify, identityUri, scopedProject, tokenNotFound } from './login.js';
import { checkLogin } from './schemas.js';
import { header, malformedJson, noContent, requireToken } from './requests.js';
import type { Token } from './tokens.js';

/** Identity v3, as Keystone 22 speaks it. */
export function identityV3(app: FastifyInstance, cloud: Cloud): void {
  const self = (path: string): string => `${identityUri(cloud)}${path}`;

  app.addHook('preHandler', (request, _reply, done) => {
    refuseForeignContent(request);
    done();
  });

  app.get('/identity', (_request, reply) =>
    reply
      .code(300)
      .header('location', self('/'))
      .send({ versions: { values: [versionDocument(cloud)] } }),
  );
  app.get('/identity/v3', () => ({ version: versionDocument(cloud) }));

  app.post('/identity/v3/auth/tokens', (request, reply) => {
    const { identity, scope } = loginParts(jsonBody(request, malformedJson));
    const identified = identify(cloud, identity, scope);
    const projectId =
      identified.applicationCredentialId === undefined
        ? scopedProject(cloud, scope)
        : account(cloud.state).projectId;
    const { token, text } = cloud.tokens.issue({ ...identified, projectId });
    return reply
      .code(201)
      .header('x-subject-token', text)
      .send({ token: tokenDocument(cloud, token, !hasNoCatalog(request)) });
  });

  app.route({
    method: ['GET', 'HEAD'],
    url: '/identity/v3/auth/tokens',
    handler: (request, reply) => {
      requireToken(cloud, request);
      const text = subjectToken(request);
      const token = subject(cloud, text);
      return reply
        .header('x-subject-token', text)
        .send({ token: tokenDocument(cloud, token, !hasNoCatalog(request)) });
    },
  });
  app.delete('/identity/v3/auth/tokens', (request, reply) => {
    requireToken(cloud, request);
    cloud.tokens.revoke(subject(cloud, subjectToken(request)));
    return noContent(reply);
  });

  app.get('/identity/v3/auth/catalog', (request) => {
    const token = requireToken(cloud, request);
    return {
      catalog: token.projectId === undefined ? [] : catalogV3(cloud),
      links: { self: self('/auth/catalog'), next: null, previous: null },
    };
  });
  app.get('/identity/v3/auth/domains', (request) => {
    requireToken(cloud, request);
    return { domains: [], links: { next: null, self: self('/auth/domains'), previous: null } };
  });

  const projects = (path: string) => ({
    projects: [projectDocument(cloud)],
    links: { next: null, self: self(path), previous: null },
  });
  app.get('/identity/v3/auth/projects', (request) => {
    requireToken(cloud, request);
    return projects('/auth/projects');
  });
  app.get('/identity/v3/users/:user/projects', (request) => {
    requireToken(cloud, request);
    const user = param(request, 'user');
    if (user !== account(cloud.state).userId) throw forbidden('identity:list_user_projects');
    return projects(`/users/${user}/projects`);
  });
  app.get('/identity/v3/projects/:project', (request) => {
    requireToken(cloud, request);
    if (param(request, 'project') !== account(cloud.state).projectId) {
      throw forbidden('identity:get_project');
    }
    return { project: projectDocument(cloud) };
  });
  app.get('/identity/v3/users/:user', (request) => {
    requireToken(cloud, request);
    const { userId, username } = account(cloud.state);
    if (param(request, 'user') !== userId) throw forbidden('identity:get_user');
    return {
      user: {
        id: userId,
        name: username,
        domain_id: 'default',
        enabled: true,
        password_expires_at: null,
        options: {},
        links: { self: self(`/users/${userId}`) },
      },
    };
  });
  app.get('/identity/v3/regions', (request) => {
    requireToken(cloud, request);
    return {
      regions: [regionDocument(cloud)],
      links: { next: null, self: self('/regions'), previous: null },
    };
  });
  app.get('/identity/v3/regions/:region', (request) => {
    requireToken(cloud, request);
    const region = param(request, 'region');
    if (region !== cloud.profile.region) throw notFound('region', region);
    return { region: regionDocument(cloud) };
  });

  const administrative: Record<string, string> = {
    projects: 'list_projects',
    users: 'list_users',
    services: 'list_services',
    endpoints: 'list_endpoints',
    domains: 'list_domains',
    roles: 'list_roles',
    groups: 'list_groups',
    role_assignments: 'list_role_assignments',
    credentials: 'list_credentials',
  };
  for (const [collection, action] of Object.entries(administrative)) {
    app.get(`/identity/v3/${collection}`, (request) => {
      requireToken(cloud, request);
      throw forbidden(`identity:${action}`);
    });
  }

  applicationCredentialRoutes(app, cloud);
}

function loginParts(body: unknown): { identity: Record<string, unknown>; scope: unknown } {
  const auth = asObject(body)?.auth ?? undefined;
  if (auth === undefined) throw expecting('auth', 'request body');
  checkLogin(auth);
  return { identity: auth.identity, scope: auth.scope };
}

/** Keystone reads JSON, said to be JSON or said to be nothing. */
function refuseForeignContent(request: FastifyRequest): void {
  if (typeof request.body !== 'string' || request.body === '') return;
  const type = header(request, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === '' || /^application\/([^/]+\+)?json$/.test(type)) return;
  throw expecting('application/json', 'Content-Type header');
}

function subjectToken(request: FastifyRequest): string {
  return header(request, 'x-subject-token') ?? '';
}

function subject(cloud: Cloud, text: string): Token {
  const token = cloud.tokens.check(text);
  if (token === undefined) throw tokenNotFound(cloud, text);
  return token;
}

function hasNoCatalog(request: FastifyRequest): boolean {
  return /[?&]nocatalog\b/.test(request.originalUrl);
}

function tokenDocument(cloud: Cloud, token: Token, catalog: boolean): Record<string, unknown> {
  const { username, projectName, roles } = account(cloud.state);
  const domain = { id: 'default', name: 'Default' };
  const scoped =
    token.projectId === undefined
      ? {}
      : {
          project: { domain, id: token.projectId, name: projectName },
          is_domain: false,
          roles,
          ...(catalog ? { catalog: catalogV3(cloud) } : {}),
        };
  return {
    methods: token.methods,
    user: { domain, id: token.userId, name: username, password_expires_at: null },
    audit_ids: token.auditIds,
    expires_at: isoMicrosZ(token.expiresAt),
    issued_at: isoMicrosZ(token.issuedAt),
    ...scoped,
    ...applicationCredential(cloud, token),
  };
}

/** Which application credential a token is of, and whether it is kept from making others. */
function applicationCredential(cloud: Cloud, token: Token): Record<string, unknown> {
  const record = cloud.state.applicationCredentials.get(token.applicationCredentialId ?? '');
  if (record === undefined) return {};
  const { id, name, unrestricted } = record;
  return { application_credential: { id, name, restricted: unrestricted !== true } };
}

function versionDocument(cloud: Cloud): Record<string, unknown> {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${identityUri(cloud)}/` }],
    'media-types': [
      { base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' },
    ],
  };
}

function projectDocument(cloud: Cloud): Record<string, unknown> {
  const { projectId, projectName } = account(cloud.state);
  return {
    id: projectId,
    name: projectName,
    domain_id: 'default',
    description: '',
    enabled: true,
    parent_id: 'default',
    is_domain: false,
    tags: [],
    options: {},
    links: { self: `${identityUri(cloud)}/projects/${projectId}` },
  };
}

function regionDocument(cloud: Cloud): Record<string, unknown> {
  const { region } = cloud.profile;
  return {
    id: region,
    description: '',
    parent_region_id: null,
    links: { self: `${identityUri(cloud)}/regions/${region}` },
  };
}
