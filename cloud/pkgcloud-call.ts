import type { Answer } from './answer.js';
import { answerError, unexpectedAnswer } from './failures.js';
import { networkError, timeoutError } from './network-failures.js';
import type { Callback, PkgcloudClient, WireRequest, WireResponse } from './pkgcloud.js';
import type { Redact } from './redact.js';

/** What one call by pkgcloud is given beside the method. */
export interface PkgcloudCall {
  /** What is done to what, for the failure. */
  attempted: string;
  /** A secret. */
  tokenId: string;
  serviceUrl: string;
  caCert: string | undefined;
  redact: Redact;
  timeoutMs: number;
  signal?: AbortSignal;
  /** The body goes out and comes back as it is, not as JSON. */
  raw?: boolean;
  /** Told of the request when it goes out; what it returns is told the status of the answer, if one came. */
  meter: (method: string) => (status: number | undefined) => void;
}

const INCOMPLETE = 'the answer is empty or incomplete';

/**
 * One request by a method of pkgcloud, through a client made for it: it inherits everything from the shared client,
 * but has this call's token and its own `_request`, so that two calls can never mix. Always ends: by the method's
 * result, by a failure, by the timeout, or by the signal.
 */
export function callPkgcloud<C extends PkgcloudClient, T>(
  shared: C,
  invoke: (client: C, callback: Callback<T>) => void,
  call: PkgcloudCall,
): Promise<T> {
  const { attempted, redact, timeoutMs, signal } = call;
  return new Promise<T>((resolve, reject) => {
    let sent: { abort(): void } | undefined;
    let refused: Answer | undefined;
    let accepted: Pick<Answer, 'status' | 'headers'> | undefined;
    let meter: ReturnType<PkgcloudCall['meter']> | undefined;
    let settled = false;
    const settle = (end: () => void): void => {
      if (!settled) {
        settled = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        meter?.(accepted?.status ?? refused?.status);
        end();
      }
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const onAbort = (): void => {
      sent?.abort();
      fail(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      sent?.abort();
      fail(timeoutError(attempted, timeoutMs));
    }, timeoutMs);
    if (signal?.aborted) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort);

    const client = Object.create(shared) as C;
    client._identity = { token: { id: call.tokenId } };
    client._serviceUrl = call.serviceUrl;
    client._isAuthorized = () => true;
    client.before = [...shared.before, (wire) => prepare(wire, call)];
    // pkgcloud's own list of failures lacks 429, 502, 504 and more: it would call them a success.
    client._parseError = ({ statusCode: status, headers }, body) => {
      if (status >= 200 && status < 300) {
        return undefined;
      }
      refused = { status, headers, text: asText(body) };
      return { message: `HTTP ${status}` };
    };
    client._request = (request, callback) => {
      meter = call.meter(request.method ?? 'GET');
      // pkgcloud writes into what it is given; the same request may have to go out twice.
      const copy = { ...request, headers: { ...request.headers } };
      sent = shared._request.call(client, copy, (error, body, response?: WireResponse) => {
        if (refused) {
          fail(answerError(attempted, refused, redact));
        } else if (error || !response) {
          fail(networkError(attempted, error, redact));
        } else {
          accepted = { status: response.statusCode, headers: response.headers };
          try {
            callback(undefined, body, response);
          } catch {
            // Some methods read on into an answer that is not what they expect.
          }
          // Others return an error instead of calling back.
          fail(unexpectedAnswer(attempted, INCOMPLETE, accepted));
        }
      });
      return sent;
    };
    try {
      invoke(client, (error, value) => {
        if (!error) {
          settle(() => resolve(value as T));
        } else if (accepted) {
          fail(unexpectedAnswer(attempted, INCOMPLETE, accepted));
        } else {
          fail(networkError(attempted, error, redact));
        }
      });
    } catch (error) {
      fail(networkError(attempted, error, redact));
    }
  });
}

function prepare(wire: WireRequest, { caCert, raw }: PkgcloudCall): void {
  if (caCert !== undefined) {
    wire.ca = caCert;
  }
  // The token must not follow a redirect to wherever it leads.
  wire.followRedirect = false;
  if (raw) {
    wire.json = false;
    wire.encoding = null;
  }
  if (wire.method !== 'GET' && wire.method !== 'HEAD') {
    // A kept connection may be dead when it is taken: nobody could say whether the work was done.
    wire.pool = {};
  }
}

function asText(body: unknown): string {
  if (body === undefined || body === null) {
    return '';
  }
  if (Buffer.isBuffer(body)) {
    return body.toString('utf8');
  }
  return typeof body === 'string' ? body : JSON.stringify(body);
}
