import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestAnswer, TestCloud, TestRequest } from './start-cloud.js';

export type Json = Record<string, unknown>;

/** A server as the API shows it, as far as tests look. */
export interface ServerDocument extends Json {
  id: string;
  name: string;
  status: string;
  addresses: Record<string, { addr: string; version: number }[]>;
  metadata: Record<string, string>;
  'OS-EXT-STS:task_state': string | null;
  fault?: { code: number; message: string };
}

/** A cloud's Compute with one network, and short ways to use it. */
export class ComputeScene {
  private constructor(
    readonly cloud: TestCloud,
    readonly imageId: string,
    readonly networkId: string,
  ) {}

  static async open(cloud: TestCloud): Promise<ComputeScene> {
    const images = await cloud.request('GET', '/image/v2/images?name=Debian+12');
    const imageId = images.json<{ images: { id: string }[] }>().images[0]?.id ?? '';
    if (cloud.cloud.profile.name === 'rackspace') return new ComputeScene(cloud, imageId, '');
    return new ComputeScene(cloud, imageId, await addNetwork(cloud, 'one', '10.1.0.0/24'));
  }

  /** A request under Compute's root. */
  call(
    method: string,
    path: string,
    body?: Json | string,
    request: TestRequest & { version?: string } = {},
  ): Promise<TestAnswer> {
    const { projectName, name } = this.cloud.cloud.profile;
    const root = name === 'rackspace' ? `/compute/v2/${projectName}` : '/compute/v2.1';
    const { version, headers, ...rest } = request;
    return this.cloud.request(method, `${root}${path}`, {
      ...rest,
      body,
      headers: {
        ...(version === undefined ? {} : { 'openstack-api-version': `compute ${version}` }),
        ...headers,
      },
    });
  }

  /** What a create sends when a test has no wishes. */
  wish(more: Json = {}): Json {
    return { name: 'one', imageRef: this.imageId, flavorRef: '2', ...more };
  }

  /** Creates a server and returns its id. */
  async create(more: Json = {}, version?: string): Promise<string> {
    const answer = await this.call('POST', '/servers', { server: this.wish(more) }, { version });
    assert.equal(answer.status, 202, answer.text);
    return answer.json<{ server: { id: string } }>().server.id;
  }

  async server(id: string, version?: string): Promise<ServerDocument> {
    const answer = await this.call('GET', `/servers/${id}`, undefined, { version });
    assert.equal(answer.status, 200, answer.text);
    return answer.json<{ server: ServerDocument }>().server;
  }

  async list(query = ''): Promise<ServerDocument[]> {
    const answer = await this.call('GET', `/servers/detail${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json<{ servers: ServerDocument[] }>().servers;
  }

  /** Waits until a server has a status and nothing under way. */
  async settled(id: string, ...statuses: string[]): Promise<ServerDocument> {
    for (let i = 0; i < 200; i++) {
      const server = await this.server(id);
      const isIdle = server['OS-EXT-STS:task_state'] === null;
      if (statuses.includes(server.status) && isIdle) return server;
      await sleep(5);
    }
    throw new Error(`${id} never became ${statuses.join(' or ')}`);
  }

  /** Waits until a server is not found. */
  async gone(id: string): Promise<void> {
    for (let i = 0; i < 200; i++) {
      const { status } = await this.call('GET', `/servers/${id}`);
      if (status === 404) return;
      await sleep(5);
    }
    throw new Error(`${id} never went`);
  }
}

/** Makes a network with one subnet and returns its id. */
export async function addNetwork(cloud: TestCloud, name: string, cidr: string): Promise<string> {
  const made = await cloud.request('POST', '/networking/v2.0/networks', {
    body: { network: { name } },
  });
  assert.equal(made.status, 201, made.text);
  const { id } = made.json<{ network: { id: string } }>().network;
  const subnet = await cloud.request('POST', '/networking/v2.0/subnets', {
    body: { subnet: { network_id: id, cidr, ip_version: 4 } },
  });
  assert.equal(subnet.status, 201, subnet.text);
  return id;
}

/** Checks that an answer is a refusal of Nova with that message. */
export function assertRefused(answer: TestAnswer, status: number, message: string | RegExp): void {
  assert.equal(answer.status, status, answer.text);
  const [fault] = Object.values(answer.json<Record<string, { code: number; message: string }>>());
  assert.equal(fault?.code, status);
  if (typeof message === 'string') assert.equal(fault.message, message);
  else assert.match(fault.message, message);
}
