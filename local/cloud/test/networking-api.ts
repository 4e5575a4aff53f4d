import assert from 'node:assert/strict';
import type { TestAnswer, TestCloud } from './start-cloud.js';

/** A network, a subnet, a port, … as the API shows it. */
export interface Thing extends Record<string, unknown> {
  id: string;
  name: string;
}

/** Networking of a cloud, as tests use it. */
export class NetworkingApi {
  constructor(private readonly cloud: TestCloud) {}

  /** @param path under `/networking/v2.0/` */
  request(method: string, path: string, body?: unknown): Promise<TestAnswer> {
    return this.cloud.request(method, `/networking/v2.0/${path}`, {
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : (body as Record<string, unknown>) }),
    });
  }

  /** Makes one thing; `kind` as the API names it: `security_group`. */
  async make(kind: string, wish: Record<string, unknown>): Promise<Thing> {
    const answer = await this.create(kind, wish);
    assert.equal(answer.status, 201, answer.text);
    return answer.json<Record<string, Thing>>()[kind]!;
  }

  create(kind: string, wish: Record<string, unknown>): Promise<TestAnswer> {
    return this.request('POST', `${kind.replaceAll('_', '-')}s`, { [kind]: wish });
  }

  /** @param collection as the API names it, with a query */
  async list(collection: string): Promise<Thing[]> {
    const answer = await this.request('GET', collection);
    assert.equal(answer.status, 200, answer.text);
    const name = collection.split('?')[0]!.replaceAll('-', '_');
    return answer.json<Record<string, Thing[]>>()[name]!;
  }

  async names(collection: string): Promise<string[]> {
    return (await this.list(collection)).map(({ name }) => name);
  }
}

/** Fails unless the answer is this error of Neutron's, word for word. */
export function assertFault(
  answer: TestAnswer,
  status: number,
  type: string,
  message: string,
): void {
  assert.deepEqual(
    { status: answer.status, body: answer.json() },
    { status, body: { NeutronError: { type, message, detail: '' } } },
  );
}
