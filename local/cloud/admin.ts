import { randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { account, changeAccount } from './account.js';
import { quota, type Cloud } from './cloud.js';
import type { NewFaultRule } from './fault-rules.js';
import { HttpFault } from './fault-error.js';
import { asObject, jsonBody } from './json-body.js';
import { addMachineRule } from './machines/rules.js';
import type { Quota, RateLimit } from './profiles.js';
import { param } from './query.js';

/** File in the data folder, mode 0600: who can read it may use the admin path. */
const TOKEN_FILE = 'admin-token';

/**
 * The cloud's own side door, under `/_admin`: its account, what it has counted, and how it misbehaves. For
 * whoever runs it and for tests; nothing of it is OpenStack. Wants `Authorization: Bearer <admin-token>`.
 */
export function adminRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state, faults, counts, machines, tokens, rateLimits } = cloud;
  const secret = adminToken(state.dataDir);
  app.addHook('onRequest', (request, _reply, done) => {
    requireSecret(request, secret);
    done();
  });

  app.get('/_admin/account', () => accountDocument(cloud));
  app.put('/_admin/account', (request) => {
    changeAccount(state, body(request));
    return accountDocument(cloud);
  });

  app.get('/_admin/requests', () => counts.all());
  app.delete('/_admin/requests', () => {
    counts.reset();
    return {};
  });

  app.get('/_admin/faults', () => faults.list());
  app.post('/_admin/faults', (request) => faults.add(body(request) as unknown as NewFaultRule));
  app.delete('/_admin/faults', () => {
    faults.clear();
    return {};
  });

  app.get('/_admin/machine-rules', () => state.machineRules.all());
  app.post('/_admin/machine-rules', (request) => addMachineRule(state, body(request)));
  app.delete('/_admin/machine-rules', () => {
    state.transaction(() => {
      state.machineRules.clear();
    });
    return {};
  });

  app.get('/_admin/quota', () => quota(cloud));
  app.put('/_admin/quota', (request) => {
    const changed = {
      ...(state.settings.get('quota') as Partial<Quota> | undefined),
      ...body(request),
    };
    state.transaction(() => {
      state.settings.put('quota', changed);
    });
    return quota(cloud);
  });

  app.put('/_admin/rate-limits', (request) => {
    rateLimits.replace(body(request).limits as RateLimit[]);
    return { limits: rateLimits.list() };
  });

  /** Every token issued so far is rejected; those to come live `lifetimeSeconds`, when it is given. */
  app.post('/_admin/expire-tokens', (request) => {
    const { lifetimeSeconds } = body(request);
    if (typeof lifetimeSeconds === 'number') tokens.setLifetime(lifetimeSeconds);
    tokens.expireAll();
    return {};
  });

  app.get('/_admin/servers', () => ({
    servers: state.servers
      .all()
      .filter(({ vmState }) => vmState !== 'deleted')
      .map(({ id, name }) => ({ id, name })),
  }));
  app.post('/_admin/servers/:server/fail', (request) => {
    const { message } = body(request);
    machines.fail(param(request, 'server'), typeof message === 'string' ? message : 'injected');
    return {};
  });
  app.delete('/_admin/servers/:server', async (request) => {
    await machines.vanish(param(request, 'server'));
    return {};
  });
}

function accountDocument(cloud: Cloud): Record<string, string> {
  const { username, password, apiKey, projectName } = account(cloud.state);
  const { name, region } = cloud.profile;
  return {
    authUrl: `${cloud.url}${name === 'rackspace' ? '/v2.0' : '/identity/v3'}`,
    username,
    password,
    apiKey,
    projectName,
    region,
    userDomainName: 'Default',
    projectDomainName: 'Default',
  };
}

function adminToken(dataDir: string): string {
  const file = path.join(dataDir, TOKEN_FILE);
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, randomBytes(24).toString('base64url'), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, 'utf8');
}

function requireSecret(request: FastifyRequest, secret: string): void {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${secret}`);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new HttpFault(401, { error: { code: 401, message: `needs the token in ${TOKEN_FILE}` } });
}

function body(request: FastifyRequest): Record<string, unknown> {
  const malformed = (): HttpFault =>
    new HttpFault(400, { error: { code: 400, message: 'the body must be a JSON object' } });
  const parsed = jsonBody(request, malformed) ?? {};
  const object = asObject(parsed);
  if (object === undefined) throw malformed();
  return object;
}
