import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Cloud } from '../cloud.js';
import { account } from '../account.js';
import { startCloud as start, type CloudOptions, type RunningCloud } from '../server.js';

export interface TestAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body parsed; throws when it is no JSON. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the test says what it expects
  json: <T = Record<string, never>>() => T;
}

export interface TestRequest {
  /** An object goes out as JSON. */
  body?: string | Uint8Array<ArrayBuffer> | Record<string, unknown>;
  headers?: Record<string, string>;
  /** Default: a token for the project; `null` sends none. */
  token?: string | null;
}

/** A cloud of a test's own, on a folder and a port of its own. */
export interface TestCloud {
  readonly url: string;
  readonly cloud: Cloud;
  /** A fresh token for the project. */
  token(): string;
  /** @param path under the cloud's root, or a whole URL */
  request(method: string, path: string, request?: TestRequest): Promise<TestAnswer>;
  /** Through the admin path. */
  admin(method: string, path: string, body?: Record<string, unknown>): Promise<TestAnswer>;
  /** Ends the process's part of it and starts again on the same data and port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Machines of tests build and go at once. */
const quick = { createMs: 5, buildMs: 20, deleteMs: 20, powerMs: 10 };

export async function startCloud(options: Partial<CloudOptions> = {}): Promise<TestCloud> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'local-cloud-'));
  const launch = (port: number): Promise<RunningCloud> =>
    start({ profile: 'openstack', times: quick, ...options, dataDir, port });
  let running = await launch(0);

  const request: TestCloud['request'] = async (method, target, { body, headers, token } = {}) => {
    const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
    const answer = await fetch(new URL(target, running.url), {
      method,
      headers: {
        // A connection kept over a restart would be a dead one.
        connection: 'close',
        ...(token === null ? {} : { 'x-auth-token': token ?? test.token() }),
        ...(isJson ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      body: isJson ? JSON.stringify(body) : body,
      redirect: 'manual',
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      json: (() => JSON.parse(text) as unknown) as TestAnswer['json'],
    };
  };

  const test: TestCloud = {
    get url() {
      return running.url;
    },
    get cloud() {
      return running.cloud;
    },
    token: () => {
      const { projectId } = account(running.cloud.state);
      return running.cloud.tokens.issue({ methods: ['password'], projectId }).text;
    },
    request,
    admin: async (method, target, body) => {
      const secret = await readFile(path.join(dataDir, 'admin-token'), 'utf8');
      return request(method, `/_admin${target}`, {
        body,
        token: null,
        headers: { authorization: `Bearer ${secret}` },
      });
    },
    restart: async () => {
      const port = Number(new URL(running.url).port);
      await running.close();
      running = await launch(port);
    },
    close: async () => {
      await running.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return test;
}
