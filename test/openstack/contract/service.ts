import { Answer } from './answer.js';

export interface RequestOptions {
  /** Goes out as JSON. */
  json?: unknown;
  /** Goes out as it is. */
  body?: string | Buffer | ReadableStream;
  headers?: Record<string, string>;
  /** Instead of the session's; `null` sends none. */
  token?: string | null;
}

/** Sends one request; redirects are answers. */
export async function send(
  method: string,
  url: string,
  { json, body, headers, token }: RequestOptions,
): Promise<Answer> {
  const sent = json === undefined ? body : JSON.stringify(json);
  const answer = await fetch(url, {
    method,
    body: sent as RequestInit['body'],
    headers: {
      ...(token == null ? {} : { 'x-auth-token': token }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    redirect: 'manual',
    ...(sent instanceof ReadableStream ? { duplex: 'half' } : {}),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  return new Answer(`${method} ${url}`, answer.status, answer.headers, bytes);
}

/** One service of a cloud, for one token. */
export class Service {
  /** @param url from the catalogue, with nothing or the version at its end */
  constructor(
    readonly url: string,
    private readonly token: string,
  ) {}

  send(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    return send(method, this.url + path, { token: this.token, ...options });
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.send('GET', path, { headers });
  }

  head(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.send('HEAD', path, { headers });
  }

  post(path: string, json: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send('POST', path, { json, headers });
  }

  put(path: string, json: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send('PUT', path, { json, headers });
  }

  delete(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.send('DELETE', path, { headers });
  }
}
