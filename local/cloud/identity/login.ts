import { timingSafeEqual } from 'node:crypto';
import { account, secretHash } from '../account.js';
import type { Cloud } from '../cloud.js';
import { HttpFault } from '../fault-error.js';
import { asObject } from '../json-body.js';
import { expecting, forbidden, keystoneFault, notFound, unauthorized } from './faults.js';
import type { Token } from './tokens.js';

/** Who a login proved to be. */
export interface Identified {
  methods: string[];
  /** The token that was used to log in. */
  from?: Token;
  applicationCredentialId?: string;
}

type Json = Record<string, unknown>;

/** Keystone's default `[auth] methods`, as it tells who asks for another. */
const METHODS = ['external', 'password', 'token', 'oauth1', 'mapped', 'application_credential'];

/** Whether two secrets are the same, in a time that does not tell where they differ. */
export function sameSecret(given: unknown, secret: string): boolean {
  if (typeof given !== 'string') return false;
  const a = Buffer.from(secretHash(given));
  const b = Buffer.from(secretHash(secret));
  return timingSafeEqual(a, b);
}

/** Where this cloud's Identity v3 stands. */
export function identityUri(cloud: Cloud): string {
  return `${cloud.url}/identity/v3`;
}

/** Checks the `identity` part of a v3 login. */
export function identify(cloud: Cloud, identity: Json, scope: unknown): Identified {
  const methods = identity.methods as unknown[];
  if (methods.length === 0) throw unauthorized(identityUri(cloud));
  const result: Identified = { methods: [...new Set(methods.map(String))] };
  for (const method of result.methods) {
    if (asObject(identity[method]) === undefined) throw expecting(method, 'identity');
  }
  for (const method of result.methods) {
    const payload = asObject(identity[method]) ?? {};
    if (method === 'password') byPassword(cloud, payload);
    else if (method === 'token') byToken(cloud, payload, result);
    else if (method === 'application_credential') {
      if (scope !== undefined) throw scopeWithCredential(cloud);
      result.applicationCredentialId = byApplicationCredential(cloud, payload);
    } else throw unsupportedMethod(cloud);
  }
  return result;
}

/** The project that a v3 login asks for: its id, or undefined when it asks for none. */
export function scopedProject(cloud: Cloud, scope: unknown): string | undefined {
  if (scope === undefined || scope === 'unscoped') return undefined;
  const project = asObject(asObject(scope)?.project);
  // A domain or the system: the account has no role there.
  if (project === undefined) throw unauthorized(identityUri(cloud));
  const { projectId, projectName } = account(cloud.state);
  if (project.id === undefined && project.name === undefined) {
    throw idOrName('scope/project');
  }
  if (project.id === undefined && project.domain === undefined) {
    throw expecting('domain', 'project');
  }
  const right =
    project.id === undefined
      ? project.name === projectName && isDefaultDomain(project.domain)
      : project.id === projectId;
  if (!right) throw unauthorized(identityUri(cloud));
  return projectId;
}

function byPassword(cloud: Cloud, payload: Json): void {
  const user = asObject(payload.user);
  if (user === undefined) throw expecting('user', 'None');
  const { userId, username, password } = account(cloud.state);
  if (user.id === undefined && user.name === undefined) {
    throw idOrName('identity/password/user');
  }
  if (user.id === undefined && user.domain === undefined) throw expecting('domain', 'user');
  const right =
    user.id === undefined
      ? user.name === username && isDefaultDomain(user.domain)
      : user.id === userId;
  if (!right || !sameSecret(user.password, password)) throw unauthorized(identityUri(cloud));
}

function byToken(cloud: Cloud, payload: Json, result: Identified): void {
  const from = cloud.tokens.check(stringOf(payload.id));
  if (from === undefined) throw tokenNotFound(cloud, stringOf(payload.id));
  if (from.applicationCredentialId !== undefined) {
    throw forbidden('Using a delegated token to create another token is not allowed.');
  }
  result.from = from;
  result.methods = [...new Set([...from.methods, ...result.methods])];
}

function byApplicationCredential(cloud: Cloud, payload: Json): string {
  const { userId, username } = account(cloud.state);
  const id = stringOf(payload.id);
  const all = cloud.state.applicationCredentials.all();
  let found = all.find((credential) => credential.id === id);
  if (id === undefined) {
    const user = asObject(payload.user);
    if (user === undefined) throw expecting('user', 'application credential');
    const owner = user.id === userId || (user.name === username && isDefaultDomain(user.domain));
    found = owner ? all.find(({ name }) => name === payload.name) : undefined;
    if (found === undefined) throw unauthorized(identityUri(cloud));
  }
  if (found === undefined) throw notFound('Application Credential', id ?? '');
  const right = secretHash(String(payload.secret)) === found.secretHash;
  const expired = found.expiresAt !== null && found.expiresAt <= Date.now();
  if (!right || expired) throw unauthorized(identityUri(cloud));
  return found.id;
}

function isDefaultDomain(domain: unknown): boolean {
  const given = asObject(domain);
  return given?.id === 'default' || given?.name === 'Default';
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A token that is good no more, or never was one. */
export function tokenNotFound(cloud: Cloud, text = ''): HttpFault {
  const message = cloud.tokens.isGenuine(text)
    ? 'Failed to validate token'
    : 'Could not recognize Fernet token';
  return keystoneFault(404, 'Not Found', message);
}

/** A credential cannot be asked for another scope than its own, nor for that. */
function scopeWithCredential(cloud: Cloud): HttpFault {
  return refusedByMethod(
    cloud,
    {},
    'Error authenticating with application credential: ' +
      'Application credentials cannot request a scope.',
  );
}

function unsupportedMethod(cloud: Cloud): HttpFault {
  const message = 'Attempted to authenticate with an unsupported method.';
  return refusedByMethod(cloud, { methods: METHODS }, message);
}

/** What one of Keystone's authentication plug-ins says. */
function refusedByMethod(cloud: Cloud, identity: Json, message: string): HttpFault {
  return new HttpFault(
    401,
    { error: { code: 401, identity, message, title: 'Unauthorized' } },
    { 'www-authenticate': `Keystone uri="${identityUri(cloud)}"` },
  );
}

function idOrName(field: string): HttpFault {
  return keystoneFault(
    400,
    'Bad Request',
    `Invalid input for field ${field}: id or name must be present.`,
  );
}
