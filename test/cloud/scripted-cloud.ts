import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Account } from '../../cloud/account.js';
import { resolveAccount } from '../../cloud/resolve-account.js';

/** Answers one request that is no log-in. `path` is what follows the service's prefix, query included. */
export type Script = (
  request: IncomingMessage & { service: string; path: string },
  response: ServerResponse,
) => void | Promise<void>;

export interface ScriptedCloud {
  authUrl: string;
  /** Bodies of the log-ins so far. */
  logins: unknown[];
  /** From now on every token issued so far is rejected. */
  expireTokens(): void;
  account(env?: Record<string, string>): Account;
  rackspaceAccount(env?: Record<string, string>): Account;
  close(): Promise<void>;
}

export interface ScriptedCloudOptions {
  region?: string;
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
  const region = options.region ?? 'RegionOne';
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
      response.end(JSON.stringify(v3 ? v3Answer(origin, region) : v2Answer(origin, region, token)));
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
  const origin = `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`;

  return {
    authUrl: `${origin}/v3`,
    logins,
    expireTokens: () => {
      valid = new Set();
    },
    account: (env = {}) =>
      resolveAccount({
        OS_AUTH_URL: `${origin}/v3`,
        OS_USERNAME: 'demo',
        OS_PASSWORD: 'correct horse',
        OS_PROJECT_NAME: 'demo',
        OS_REGION_NAME: region,
        ...env,
      }),
    rackspaceAccount: (env = {}) =>
      resolveAccount({
        OS_AUTH_SYSTEM: 'rackspace',
        OS_AUTH_URL: `${origin}/v2.0`,
        OS_USERNAME: 'demo',
        OS_API_KEY: '0123456789abcdef0123456789abcdef',
        OS_REGION_NAME: region,
        ...env,
      }),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
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

const SERVICES = [
  ['compute', 'nova', '/compute/v2.1'],
  ['network', 'neutron', '/network'],
  ['object-store', 'swift', '/object-store/v1/AUTH_p1'],
] as const;

function v3Answer(origin: string, region: string): unknown {
  return {
    token: {
      issued_at: new Date().toISOString(),
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      project: { id: 'p1', name: 'demo' },
      user: { id: 'u1', name: 'demo' },
      catalog: SERVICES.map(([type, name, path]) => ({
        type,
        name,
        endpoints: [
          { interface: 'internal', region, url: `${origin}/internal${path}` },
          { interface: 'public', region, url: origin + path },
          { interface: 'public', region: 'Elsewhere', url: `${origin}/elsewhere${path}` },
        ],
      })),
    },
  };
}

function v2Answer(origin: string, region: string, token: string): unknown {
  return {
    access: {
      token: {
        id: token,
        expires: new Date(Date.now() + 3_600_000).toISOString(),
        tenant: { id: 'p1', name: 'p1' },
      },
      user: { id: 'u1', name: 'demo' },
      serviceCatalog: SERVICES.map(([type, name, path]) => {
        const url = origin + path + (type === 'network' ? '/v2.0' : '');
        return {
          type,
          name,
          endpoints: [
            { region, tenantId: 'p1', publicURL: url, internalURL: url.replace('//', '//snet-') },
          ],
        };
      }),
    },
  };
}
