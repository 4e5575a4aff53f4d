import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { accountName } from '../object-storage/access.js';
import type { TestCloud } from './start-cloud.js';

export interface StorageAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** As UTF-8. */
  text: string;
  /** Whether the connection ended before the body did. */
  brokeOff: boolean;
}

export interface StorageCall {
  /** Values are bytes: one character each. */
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Default: a token for the project; `null` sends none. */
  token?: string | null;
}

/** Speaks to a cloud's Object Storage; unlike `fetch` it leaves every path as it is. */
export class StorageClient {
  constructor(
    private readonly cloud: Pick<TestCloud, 'url' | 'token'>,
    readonly account: string,
  ) {}

  static of(cloud: TestCloud): StorageClient {
    return new StorageClient(cloud, accountName(cloud.cloud));
  }

  /** @param path under the account, percent-encoded; one that begins with `/v1/` is whole */
  call(method: string, path: string, call: StorageCall = {}): Promise<StorageAnswer> {
    const { headers, body, token = this.cloud.token() } = call;
    const whole = path.startsWith('/v1') || path === '/info' ? path : `/v1/${this.account}${path}`;
    const lengthless =
      headers?.['transfer-encoding'] !== undefined ||
      (body === undefined && ['GET', 'HEAD', 'DELETE'].includes(method));
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        this.cloud.url,
        {
          method,
          path: whole,
          agent: false,
          headers: {
            ...(token === null ? {} : { 'x-auth-token': token }),
            ...(lengthless ? {} : { 'content-length': Buffer.byteLength(body ?? '') }),
            ...headers,
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', () => undefined);
          answer.on('close', () => {
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              text: Buffer.concat(chunks).toString(),
              brokeOff: !answer.complete,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** A call that must have that status. */
  async expect(
    status: number,
    method: string,
    path: string,
    call?: StorageCall,
  ): Promise<StorageAnswer> {
    const answer = await this.call(method, path, call);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }

  /** The names in a listing. */
  async names(path: string): Promise<string[]> {
    const { text } = await this.call('GET', path);
    return text.split('\n').slice(0, -1);
  }
}

export function md5(data: string | Buffer): string {
  return createHash('md5').update(data).digest('hex');
}

/** Swift's page for a status. */
export function page(title: string, explanation: string): string {
  return `<html><h1>${title}</h1><p>${explanation}</p></html>`;
}
