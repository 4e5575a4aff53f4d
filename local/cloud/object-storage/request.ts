import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Access } from './access.js';
import { textFault } from './faults.js';
import { unquote, utf8 } from './percent-encoding.js';

/** What a request is about; a container without an object, or neither. */
export interface StoragePath {
  account: string;
  container?: string;
  object?: string;
}

/** A request to Object Storage, decoded. */
export interface StorageRequest {
  method: string;
  path: StoragePath;
  parameters: Parameters;
  headers: IncomingHttpHeaders;
  body: Readable;
  access: Access;
  /** Milliseconds since the epoch: the object's timestamp. */
  receivedAt: number;
}

/** What goes out; a stream is destroyed when the client goes away. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body?: string | Readable;
}

/** The query of a request: the last one of a name counts. Values are bytes until asked for as text. */
export class Parameters {
  private readonly values = new Map<string, string>();

  constructor(query: string) {
    for (const pair of query.replace(/^\?/, '').split('&')) {
      if (pair === '') continue;
      const [name = '', ...rest] = pair.split('=');
      this.values.set(plus(name), plus(rest.join('=')));
    }
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** Throws 400 when the value is no UTF-8. */
  text(name: string): string | undefined {
    const bytes = this.values.get(name);
    if (bytes === undefined) return undefined;
    const text = utf8(bytes);
    if (text === undefined) throw textFault(400, `"${name}" parameter not valid UTF-8`, 'plain');
    return text;
  }

  /** Whether the value is one of the words Swift takes for true. */
  isTrue(name: string): boolean {
    return isTrue(this.values.get(name));
  }

  /** These parameters and one more. */
  with(name: string, value: string): Parameters {
    const more = new Parameters('');
    for (const [key, kept] of this.values) more.values.set(key, kept);
    more.values.set(name, value);
    return more;
  }
}

/** Swift's `config_true_value`. */
export function isTrue(value: string | undefined): boolean {
  return /^(true|1|yes|on|t|y)$/i.test(value ?? '');
}

/**
 * Takes the path of a URL (undecoded, from `/v1` on) apart. It is decoded once and then split, so
 * an encoded slash counts as a slash; object names may begin, end and be full of slashes.
 * @throws {HttpFault} 412
 */
export function storagePath(rawPath: string): StoragePath {
  const path = utf8(unquote(rawPath));
  if (path === undefined || path.includes('\0')) {
    throw textFault(412, 'Invalid UTF8 or contains NULL', 'html');
  }
  const [account = '', container = '', ...object] = path.split('/').slice(2);
  const parts = {
    account,
    container: container || undefined,
    object: object.join('/') || undefined,
  };
  if (account === '' || (container === '' && parts.object !== undefined)) {
    throw textFault(412, 'Bad URL', 'html');
  }
  return parts;
}

/** A header's value, or undefined when it is absent. Node joins what came several times. */
export function header(request: Pick<StorageRequest, 'headers'>, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function plus(text: string): string {
  return unquote(text.replaceAll('+', ' '));
}
