import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Account } from '../../cloud/account.js';
import { openCloud } from '../../cloud/open.js';
import type { Cloud } from '../../cloud/port.js';
import { resolveAccount } from '../../cloud/resolve-account.js';
import type { SessionOptions } from '../../cloud/session.js';

/** Answers one request that is no log-in. `path` is what follows the service's prefix, query included. */
export type Script = (
  request: IncomingMessage & { service: string; path: string },
  response: ServerResponse,
) => void | Promise<void>;

export interface ScriptedCloud {
  authUrl: string;
  /** Scheme, host and port as its catalogue names them. */
  origin: string;
  /** Bodies of the log-ins so far. */
  logins: unknown[];
  /** From now on every token issued so far is rejected. */
  expireTokens(): void;
  account(env?: Record<string, string>): Account;
  rackspaceAccount(env?: Record<string, string>): Account;
  close(): Promise<void>;
}

export interface ScriptedCloudOptions {
  /** The host that its addresses name. @default 127.0.0.1 */
  host?: string;
  /** What its catalogue names instead of its own address. */
  origin?: string;
  /** How long its tokens live, by its own word. @default an hour */
  tokenSeconds?: number;
  tls?: { key: string; cert: string };
  /** Answers log-ins instead of accepting all. Returns whether it has answered. */
  login?: (body: unknown, response: ServerResponse) => boolean;
}

/**
 * A cloud in name only: logs everybody in by Identity v3 and v2, and leaves every other answer to the test. For answers
 * that no well-behaved cloud gives.
 */
export async function startScriptedCloud(
  script: Script,
  options: ScriptedCloudOptions = {},
): Promise<ScriptedCloud> {
  const lifetime = options.tokenSeconds ?? 3600;
  const logins: unknown[] = [];
  let valid = new Set<string>();
  let issued = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? '/';
    if (request.method === 'POST' && /\/v(?:3\/auth|2\.0)\/tokens$/.test(url)) {
      const body: unknown = JSON.parse(await text(request));
      logins.push(body);
      if (options.login?.(body, response)) {
        return;
      }
      const token = `token-${(issued += 1)}`;
      valid.add(token);
      const v3 = url.includes('/v3/');
      response.writeHead(v3 ? 201 : 200, {
        'content-type': 'application/json',
        ...(v3 ? { 'x-subject-token': token } : {}),
      });
      response.end(
        JSON.stringify(v3 ? v3Answer(origin, lifetime) : v2Answer(origin, lifetime, token)),
      );
      return;
    }
    if (!valid.has(String(request.headers['x-auth-token']))) {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(
        '{"error":{"code":401,"message":"The request you have made requires authentication."}}',
      );
      return;
    }
    const [, service = '', path = ''] = /^\/(compute|network|object-store)(.*)$/s.exec(url) ?? [];
    await script(Object.assign(request, { service, path: path || url }), response);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  };
  const server: Server = options.tls
    ? createTlsServer(options.tls, listener)
    : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = `${options.tls ? 'https' : 'http'}://${options.host ?? '127.0.0.1'}:${port}`;
  const origin = options.origin ?? address;

  return {
    authUrl: `${address}/v3`,
    origin,
    logins,
    expireTokens: () => {
      valid = new Set();
    },
    account: (env = {}) =>
      resolveAccount({
        OS_AUTH_URL: `${address}/v3`,
        OS_USERNAME: 'demo',
        OS_PASSWORD: 'correct horse',
        OS_PROJECT_NAME: 'demo',
        OS_REGION_NAME: REGION,
        ...env,
      }),
    rackspaceAccount: (env = {}) =>
      resolveAccount({
        OS_AUTH_SYSTEM: 'rackspace',
        OS_AUTH_URL: `${address}/v2.0`,
        OS_USERNAME: 'demo',
        OS_API_KEY: '0123456789abcdef0123456789abcdef',
        OS_REGION_NAME: REGION,
        ...env,
      }),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A scripted cloud that ends with the test, and the adapter opened on it. */
export async function scripted(
  t: TestContext,
  script: Script,
  options: SessionOptions & ScriptedCloudOptions = {},
): Promise<{ cloud: Cloud; behind: ScriptedCloud }> {
  const behind = await startScriptedCloud(script, options);
  t.after(() => behind.close());
  return { cloud: openCloud(behind.account(), options), behind };
}

/** The whole body of a request. */
export async function bytes(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) {
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

async function text(request: IncomingMessage): Promise<string> {
  return (await bytes(request)).toString('utf8');
}

/** Answers with a JSON body. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-openstack-request-id': 'req-1',
  });
  response.end(JSON.stringify(body));
}

const REGION = 'RegionOne';
const SERVICES = [
  ['compute', 'nova', '/compute/v2.1'],
  ['network', 'neutron', '/network'],
  ['object-store', 'swift', '/object-store/v1/AUTH_p1'],
] as const;

function v3Answer(origin: string, seconds: number): unknown {
  return {
    token: {
      issued_at: new Date().toISOString(),
      expires_at: expiry(seconds),
      project: { id: 'p1', name: 'demo' },
      user: { id: 'u1', name: 'demo' },
      catalog: SERVICES.map(([type, name, path]) => ({
        type,
        name,
        endpoints: [
          { interface: 'internal', region: REGION, url: `${origin}/internal${path}` },
          { interface: 'public', region: REGION, url: origin + path },
          { interface: 'public', region: 'Elsewhere', url: `${origin}/elsewhere${path}` },
        ],
      })),
    },
  };
}

function v2Answer(origin: string, seconds: number, token: string): unknown {
  return {
    access: {
      token: {
        id: token,
        expires: expiry(seconds),
        tenant: { id: 'p1', name: 'p1' },
      },
      user: { id: 'u1', name: 'demo' },
      serviceCatalog: SERVICES.map(([type, name, path]) => {
        const url = origin + path + (type === 'network' ? '/v2.0' : '');
        return {
          type,
          name,
          endpoints: [
            {
              region: REGION,
              tenantId: 'p1',
              publicURL: url,
              internalURL: url.replace(/\/\/[^/]*/, '//snet-storage.invalid'),
            },
          ],
        };
      }),
    },
  };
}

function expiry(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString();
}
