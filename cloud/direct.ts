import { Readable } from 'node:stream';
import { Agent, EnvHttpProxyAgent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { KubeupError } from '../cluster/errors.js';
import type { Answer } from './answer.js';
import type { ObjectBody } from './port.js';

/** Buffers go out in pieces of this size, so that progress and inactivity can be told. */
const PIECE = 64 * 1024;

/** Keeps no connections: log-ins and uploads are few, and a kept one may be dead when it is taken. */
export function createDispatcher(caCert: string | undefined): Dispatcher {
  const options = { connect: { ca: caCert, timeout: 15_000 }, pipelining: 0 };
  const { http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY } = process.env;
  if (!(http_proxy || HTTP_PROXY || https_proxy || HTTPS_PROXY)) {
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

/** Sends a body and reads the whole answer, whatever its status. Only the signal limits how long it takes. */
export async function send(
  dispatcher: Dispatcher,
  { url, ...options }: DirectRequest,
  body: string | Readable,
): Promise<Answer> {
  const limits = { headersTimeout: 0, bodyTimeout: 0 };
  const response = await request(url, { dispatcher, ...options, ...limits, body });
  return {
    status: response.statusCode,
    headers: response.headers,
    text: await response.body.text(),
  };
}

/**
 * Streams a body of known length, so that a broken source breaks the connection and the cloud keeps nothing of it.
 *
 * @param attempted what the upload is, for the failure
 * @param onPiece told the bytes handed on so far, after each piece
 * @throws KubeupError `SourceFailed` (blocked) when the source failed, ended early, or held more than was said,
 * whatever the transport made of it
 */
export async function sendStream(
  dispatcher: Dispatcher,
  { headers, ...options }: DirectRequest,
  body: ObjectBody,
  attempted: string,
  onPiece: (bytesSent: number) => void,
): Promise<Answer> {
  let failure: KubeupError | undefined;
  let source: NodeJS.ReadableStream | Buffer | undefined;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    let sent = 0;
    let isOut = false;
    try {
      source = body.open();
      for await (const piece of piecesOf(source)) {
        sent += piece.length;
        if (sent > body.bytes) {
          throw new Error(`the source holds more than the ${body.bytes} bytes it should`);
        }
        isOut = true;
        yield piece;
        isOut = false;
        onPiece(sent);
      }
      if (sent < body.bytes) {
        throw new Error(`the source ended after ${sent} of ${body.bytes} bytes`);
      }
    } catch (error) {
      // While a piece is out, what is thrown here is the transport's own failure, handed back to its source.
      failure = isOut ? undefined : sourceFailed(attempted, error as Error);
      throw error;
    }
  }
  const withLength = { ...options, headers: { ...headers, 'content-length': String(body.bytes) } };
  try {
    return await send(
      dispatcher,
      withLength,
      body.bytes === 0 ? '' : Readable.from(pieces(), { objectMode: false }),
    );
  } catch (error) {
    throw failure ?? error;
  } finally {
    // A source that stands still keeps its reader waiting: it is not closed by the reader's end.
    if (source instanceof Readable) {
      source.destroy();
    }
  }
}

async function* piecesOf(source: NodeJS.ReadableStream | Buffer): AsyncGenerator<Uint8Array> {
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

/** The cloud is not to blame. */
function sourceFailed(attempted: string, error: Error): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'SourceFailed',
    attempted,
    message: error.message,
    cure: 'Check the file that is uploaded, then run `kubeup up` again',
  });
}
