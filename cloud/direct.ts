import { Readable } from 'node:stream';
import { Agent, EnvHttpProxyAgent, request } from 'undici';
import type { Dispatcher } from 'undici';
import type { ObjectBody } from './port.js';
import type { Answer } from './answer.js';

/** Buffers go out in pieces of this size, so that progress and inactivity can be told. */
const PIECE = 64 * 1024;

/** A connection pool without pool: uploads are few and long, and a kept connection may be dead when it is taken. */
export function createDispatcher(caCert: string | undefined, env = process.env): Dispatcher {
  const options = { connect: { ca: caCert, timeout: 15_000 }, pipelining: 0 };
  const proxied = ['https_proxy', 'http_proxy'].some(
    (name) => env[name] || env[name.toUpperCase()],
  );
  if (!proxied) {
    return new Agent(options);
  }
  // pkgcloud's requests obey these variables; what goes past it has to take the same way.
  const throughProxy = { ...options, requestTls: { ca: caCert } };
  return new EnvHttpProxyAgent(throughProxy);
}

export interface DirectRequest {
  method: 'POST' | 'PUT';
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

/** Sends a small body and reads the whole answer. */
export async function sendSmall(
  dispatcher: Dispatcher,
  { method, url, headers, signal }: DirectRequest,
  body: string,
): Promise<Answer> {
  const response = await request(url, {
    dispatcher,
    method,
    headers,
    body,
    signal,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    text: await response.body.text(),
  };
}

/** The source of an upload failed, ended early, or held more than was said. The cloud is not to blame. */
export class SourceError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SourceError';
  }
}

/**
 * Streams a body of known length, so that a broken source breaks the connection and the cloud keeps nothing of it.
 *
 * @param onPiece told the bytes handed on so far, before each piece and after the last
 * @throws SourceError when the source failed, whatever the transport made of it
 */
export async function sendStream(
  dispatcher: Dispatcher,
  { method, url, headers, signal }: DirectRequest,
  body: ObjectBody,
  onPiece: (bytesSent: number) => void,
): Promise<Answer> {
  let sourceError: SourceError | undefined;
  let source: ReturnType<ObjectBody['open']> | undefined;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    let sent = 0;
    try {
      source = body.open();
      for await (const piece of piecesOf(source)) {
        sent += piece.length;
        if (sent > body.bytes) {
          throw new SourceError(`the source holds more than the ${body.bytes} bytes it should`);
        }
        yield piece;
        onPiece(sent);
      }
      if (sent < body.bytes) {
        throw new SourceError(`the source ended after ${sent} of ${body.bytes} bytes`);
      }
    } catch (error) {
      sourceError =
        error instanceof SourceError
          ? error
          : new SourceError(`the source failed: ${(error as Error).message}`, { cause: error });
      throw sourceError;
    }
  }
  try {
    const response = await request(url, {
      dispatcher,
      method,
      headers: { ...headers, 'content-length': String(body.bytes) },
      body: body.bytes === 0 ? '' : Readable.from(pieces(), { objectMode: false }),
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return {
      status: response.statusCode,
      headers: response.headers,
      text: await response.body.text(),
    };
  } catch (error) {
    throw sourceError ?? error;
  } finally {
    // A source that stands still keeps its reader waiting: it is not closed by the reader's end.
    if (source !== undefined && 'destroy' in source && typeof source.destroy === 'function') {
      source.destroy();
    }
  }
}

async function* piecesOf(source: ReturnType<ObjectBody['open']>): AsyncGenerator<Uint8Array> {
  if (Buffer.isBuffer(source)) {
    for (let at = 0; at < source.length; at += PIECE) {
      yield source.subarray(at, at + PIECE);
    }
    return;
  }
  for await (const piece of source) {
    yield typeof piece === 'string' ? Buffer.from(piece) : piece;
  }
}
