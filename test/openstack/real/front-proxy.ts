import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { OpenStack, PortName } from '../cloud-folder.js';

export type ProxiedService = 'identity' | 'compute' | 'network' | 'image' | 'object-store';

/** Each service's port, and what its paths begin with. */
const services: Record<ProxiedService, { port: PortName; prefix: RegExp }> = {
  identity: { port: 'KEYSTONE_PORT', prefix: /^\/v3/ },
  compute: { port: 'NOVA_PORT', prefix: /^\/v2\.1/ },
  network: { port: 'NEUTRON_PORT', prefix: /^\/v2\.0/ },
  image: { port: 'GLANCE_PORT', prefix: /^\/v2/ },
  'object-store': { port: 'SWIFT_PORT', prefix: /^\/v1\/[^/]+/ },
};

/** A request that has been answered by its service, whether or not the answer went on. */
export interface Proxied {
  service: ProxiedService;
  method: string;
  /** After the version and the project; without the query. */
  path: string;
  status: number;
}

/** The next request that fits has its work done, and its answer dropped. */
export interface Drop {
  method: string;
  service: ProxiedService;
  path: RegExp;
  /** So many that fit are let through first. @default 0 */
  after?: number;
}

/** Proxies on loopback in front of every service of a cloud: they count what is asked, and can drop answers. */
export class FrontProxy {
  /** In the order of their answers. */
  readonly answered: Proxied[] = [];
  private readonly servers = new Map<ProxiedService, Server>();
  private drops: (Drop & { seen: number; done: boolean })[] = [];

  private constructor(private readonly cloud: OpenStack) {}

  static async start(cloud: OpenStack): Promise<FrontProxy> {
    const proxy = new FrontProxy(cloud);
    for (const service of Object.keys(services) as ProxiedService[]) {
      const server = createServer((request, response) => {
        proxy.pass(service, request, response).catch(() => request.socket.destroy());
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      proxy.servers.set(service, server);
    }
    return proxy;
  }

  /** Where Identity v3 is asked; its catalogue leads through the proxies. */
  get authUrl(): string {
    return `${this.urlOf('identity')}/v3`;
  }

  /** Has one answer of each kind dropped, from now on and instead of what was asked before. Returns what is left. */
  dropAnswers(drops: Drop[]): () => Drop[] {
    const rules = drops.map((drop) => ({ ...drop, seen: 0, done: false }));
    this.drops = rules;
    return () => rules.filter(({ done }) => !done);
  }

  /** How many requests of that kind were answered with success. */
  count(method: string, service: ProxiedService, path: RegExp): number {
    return this.answered.filter((one) => fits(one, { method, service, path }) && one.status < 300)
      .length;
  }

  /** What was asked that changes anything, log-ins aside. */
  writes(): string[] {
    return this.answered
      .filter(({ service, method }) => service !== 'identity' && !/^(GET|HEAD)$/.test(method))
      .map(({ service, method, path, status }) => `${method} ${service} ${path}: ${status}`);
  }

  async close(): Promise<void> {
    for (const server of this.servers.values()) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  private urlOf(service: ProxiedService): string {
    const { port } = this.servers.get(service)?.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  private async pass(
    service: ProxiedService,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const upstream = ask({
      host: '127.0.0.1',
      port: this.cloud.ports[services[service].port],
      method,
      path: url,
      headers: { ...headers, connection: 'close' },
    });
    request.pipe(upstream);
    const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
    const bytes = await buffer(answer);
    const [path = ''] = url.replace(services[service].prefix, '').split('?');
    const status = answer.statusCode ?? 0;
    const one = { service, method, path: decodeURIComponent(path), status };
    this.answered.push(one);
    if (this.isDropped(one)) {
      request.socket.destroy();
      return;
    }
    const body = service === 'identity' ? this.redirected(bytes) : bytes;
    response.writeHead(status, withLength(answer.headers, method, body.length));
    response.end(body);
  }

  private isDropped(one: Proxied): boolean {
    const waiting = this.drops.filter((drop) => !drop.done && fits(one, drop));
    for (const drop of waiting) {
      drop.seen += 1;
      drop.done = drop.seen > (drop.after ?? 0);
    }
    return waiting.some(({ done }) => done);
  }

  /** The same text with every service's address replaced by its proxy's. */
  private redirected(bytes: Buffer): Buffer {
    let text = bytes.toString();
    for (const [service, { port }] of Object.entries(services)) {
      const own = `http://127.0.0.1:${this.cloud.ports[port]}`;
      text = text.replaceAll(own, this.urlOf(service as ProxiedService));
    }
    return Buffer.from(text);
  }
}

function fits(one: Proxied, { method, service, path }: Omit<Drop, 'after'>): boolean {
  return one.method === method && one.service === service && path.test(one.path);
}

/** The answer's own headers; the length is of what is sent, but for HEAD, whose answers have none to measure. */
function withLength(
  headers: IncomingMessage['headers'],
  method: string,
  bytes: number,
): IncomingMessage['headers'] {
  const kept = Object.fromEntries(
    Object.entries(headers).filter(([name]) => !['transfer-encoding', 'connection'].includes(name)),
  );
  return method === 'HEAD' ? kept : { ...kept, 'content-length': String(bytes) };
}
