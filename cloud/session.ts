import type { Dispatcher } from 'undici';
import { KubeupError } from '../cluster/errors.js';
import type { Account } from './account.js';
import { accountSecrets } from './account.js';
import type { Answer } from './answer.js';
import { createDispatcher, sendSmall, sendStream, SourceError } from './direct.js';
import {
  answerError,
  networkError,
  noEndpoint,
  redactor,
  sourceFailed,
  timeoutError,
  unexpectedAnswer,
} from './failures.js';
import type { Redact } from './failures.js';
import { logIn } from './login.js';
import type { Login } from './login.js';
import { createClients } from './pkgcloud.js';
import type { Callback, Clients, PkgcloudRequest, ServiceType, WireResponse } from './pkgcloud.js';
import type { CallOptions, ObjectBody } from './port.js';

/** Told after every request, whatever became of it. */
export interface ApiCall {
  service: ServiceType | 'identity';
  method: string;
  /** `undefined` when no answer came. */
  status: number | undefined;
  milliseconds: number;
}

export interface SessionOptions {
  /** How long one call may take, from the request to the whole answer. @default 30_000 */
  callTimeoutMs?: number;
  /** How long an upload may stand still, or wait for its answer. @default 60_000 */
  uploadIdleMs?: number;
  /** Meters every request, log-ins included. */
  onCall?: (call: ApiCall) => void;
}

/** A raw request to a service; with `raw` the body goes out and comes back as it is, not as JSON. */
export interface ServiceRequest extends PkgcloudRequest {
  raw?: boolean;
  /** Overrides the session's `callTimeoutMs`. */
  timeoutMs?: number;
}

export interface ServiceAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Parsed when the answer was JSON; a `Buffer` of a raw request. */
  body: unknown;
}

export interface UploadRequest {
  attempted: string;
  url: string;
  headers: Record<string, string>;
  body: ObjectBody;
}

/** A token is renewed this long before it expires, but not in its own first half. */
const RENEW_BEFORE_MS = 60_000;

/**
 * The one place through which every request to the cloud goes: it owns the token, and gives each call what pkgcloud
 * does not: a timeout, abort, its true status, one log-in for all parallel callers, one renewal of a rejected token.
 */
export class Session {
  /** Requests sent so far, log-ins included. */
  calls = 0;

  readonly #account: Account;
  readonly #callTimeoutMs: number;
  readonly #uploadIdleMs: number;
  readonly #onCall: ((call: ApiCall) => void) | undefined;
  readonly #clients: Clients;
  readonly #dispatcher: Dispatcher;
  readonly #redact: Redact;
  #login: Login | undefined;
  #loggingIn: Promise<Login> | undefined;

  constructor(account: Account, options: SessionOptions = {}) {
    this.#account = account;
    this.#callTimeoutMs = options.callTimeoutMs ?? 30_000;
    this.#uploadIdleMs = options.uploadIdleMs ?? 60_000;
    this.#onCall = options.onCall;
    this.#clients = createClients(account);
    this.#dispatcher = createDispatcher(account.caCert);
    this.#redact = redactor(() => [...accountSecrets(account), this.#login?.tokenId]);
  }

  /** Logs in afresh; calls after it use the new token. */
  async authenticate(options: CallOptions = {}): Promise<void> {
    await abortable(this.#logIn(), options.signal);
  }

  /** Id of the project that the token is for. */
  async projectId(options: CallOptions = {}): Promise<string> {
    return (await this.#currentLogin(options)).projectId;
  }

  /**
   * Address of a service in the account's region, without trailing slash.
   *
   * @throws KubeupError `NoEndpoint` (blocked) when the catalogue has none
   */
  async serviceUrl(
    service: ServiceType,
    options: CallOptions = {},
    face: Account['interface'] = this.#account.interface,
  ): Promise<string> {
    return this.#endpoint(await this.#currentLogin(options), service, face);
  }

  /**
   * Makes one call by a method of pkgcloud's client for the service.
   *
   * @param attempted what is done to what, for the failure
   * @throws KubeupError
   */
  async call<S extends ServiceType, T>(
    service: S,
    attempted: string,
    invoke: (client: Clients[S], callback: Callback<T>) => void,
    options: CallOptions & { raw?: boolean; timeoutMs?: number } = {},
  ): Promise<T> {
    return this.#withToken(options, (login) =>
      this.#attempt(service, attempted, invoke, login, options),
    );
  }

  /** Makes one request of one's own through pkgcloud's client, for what its methods cannot do. */
  async request(
    service: ServiceType,
    attempted: string,
    { raw, timeoutMs, ...request }: ServiceRequest,
    options: CallOptions = {},
  ): Promise<ServiceAnswer> {
    return this.call(
      service,
      attempted,
      (client, callback: Callback<ServiceAnswer>) =>
        client._request(request, (error, body, response) => {
          if (error) {
            callback(error);
          } else {
            callback(undefined, { status: response.statusCode, headers: response.headers, body });
          }
        }),
      { ...options, raw, timeoutMs },
    );
  }

  /**
   * PUTs a stream of any size past pkgcloud, whose `upload` corrupts what it sends while logging in and never ends when
   * the source fails. Limited by inactivity, not by a total time.
   *
   * @throws KubeupError `SourceFailed` (blocked) when the body could not be read; else as the table says
   */
  async upload(
    { attempted, url, headers, body }: UploadRequest,
    options: CallOptions & { onProgress?: (bytesSent: number) => void } = {},
  ): Promise<Answer> {
    const put = (login: Login): Promise<Answer> =>
      this.#send(
        'object-store',
        'PUT',
        attempted,
        this.#uploadIdleMs,
        options.signal,
        async (send) => {
          const wire = { ...headers, 'x-auth-token': login.tokenId };
          return sendStream(
            this.#dispatcher,
            { method: 'PUT', url, headers: wire, signal: send.signal },
            body,
            (bytesSent) => {
              send.alive();
              options.onProgress?.(bytesSent);
            },
          );
        },
      );
    return this.#withToken(options, async (login) => {
      try {
        return checked(attempted, await put(login), this.#redact);
      } catch (error) {
        if (reasonOf(error) !== 'ConnectionLost') {
          throw error;
        }
        // A cloud that rejects the token closes the connection under the body, and its 401 is lost: ask it again
        // with a request that has none. The renewal, if that is it, happens there.
        await this.request('object-store', attempted, { method: 'HEAD' }, options).catch(
          () => undefined,
        );
        if (this.#login === undefined || this.#login.tokenId === login.tokenId) {
          throw error;
        }
        return checked(attempted, await put(this.#login), this.#redact);
      }
    });
  }

  /** Runs an attempt with the token; when the cloud rejects it, once more with a renewed one: a 401 did no work. */
  async #withToken<T>(options: CallOptions, attempt: (login: Login) => Promise<T>): Promise<T> {
    const login = await this.#currentLogin(options);
    try {
      return await attempt(login);
    } catch (error) {
      if (!(error instanceof KubeupError && error.failure.status === 401)) {
        throw error;
      }
      // Whoever comes second finds the token replaced already.
      if (this.#login?.tokenId === login.tokenId) {
        this.#login = undefined;
      }
      return attempt(await this.#currentLogin(options));
    }
  }

  async #currentLogin(options: CallOptions): Promise<Login> {
    const login = this.#login;
    if (login !== undefined && !isWorn(login)) {
      return login;
    }
    return abortable(this.#logIn(), options.signal);
  }

  /** One log-in at a time, shared by all who need it; the abort of one of them does not take it from the others. */
  #logIn(): Promise<Login> {
    this.#loggingIn ??= this.#freshLogin().finally(() => {
      this.#loggingIn = undefined;
    });
    return this.#loggingIn;
  }

  async #freshLogin(): Promise<Login> {
    const attempted = `log in to ${this.#account.authUrl}`;
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    this.#login = await logIn(
      this.#account,
      (url, body) =>
        this.#send('identity', 'POST', attempted, this.#callTimeoutMs, undefined, ({ signal }) =>
          sendSmall(
            this.#dispatcher,
            { method: 'POST', url, headers, signal },
            JSON.stringify(body),
          ),
        ),
      this.#redact,
    );
    return this.#login;
  }

  /** Sends past pkgcloud, metered, ended when nothing has moved for `idleMs`. */
  async #send(
    service: ApiCall['service'],
    method: string,
    attempted: string,
    idleMs: number,
    outer: AbortSignal | undefined,
    send: (connection: { signal: AbortSignal; alive: () => void }) => Promise<Answer>,
  ): Promise<Answer> {
    outer?.throwIfAborted();
    const idle = new AbortController();
    const timer = setTimeout(() => idle.abort(), idleMs);
    const signal = outer ? AbortSignal.any([outer, idle.signal]) : idle.signal;
    const meter = this.#meter(service, method);
    let status: number | undefined;
    try {
      const answer = await send({ signal, alive: () => timer.refresh() });
      status = answer.status;
      return answer;
    } catch (error) {
      outer?.throwIfAborted();
      if (idle.signal.aborted) {
        throw timeoutError(attempted, idleMs / 1000);
      }
      throw error instanceof SourceError
        ? sourceFailed(attempted, error)
        : networkError(attempted, error, this.#redact);
    } finally {
      clearTimeout(timer);
      meter(status);
    }
  }

  /**
   * One request through a pkgcloud client made for it: it inherits everything from the shared client, but has this
   * attempt's token and its own `_request`, so that two attempts can never mix.
   */
  #attempt<S extends ServiceType, T>(
    service: S,
    attempted: string,
    invoke: (client: Clients[S], callback: Callback<T>) => void,
    login: Login,
    options: CallOptions & { raw?: boolean; timeoutMs?: number },
  ): Promise<T> {
    const { signal, raw } = options;
    const timeoutMs = options.timeoutMs ?? this.#callTimeoutMs;
    const shared = this.#clients[service];
    const client = Object.create(shared) as Clients[S];
    client._identity = login.identity;
    client._serviceUrl = this.#endpoint(login, service, this.#account.interface);
    client._isAuthorized = () => true;
    client.before = [
      ...shared.before,
      (wire) => {
        if (this.#account.caCert !== undefined) {
          wire.ca = this.#account.caCert;
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
      },
    ];
    let refused: Answer | undefined;
    // pkgcloud's own list of failures lacks 429, 502, 504 and more: it would call them a success.
    client._parseError = (response, body) => {
      if (response.statusCode >= 200 && response.statusCode < 300) {
        return undefined;
      }
      refused = { status: response.statusCode, headers: response.headers, text: asText(body) };
      return { message: `HTTP ${response.statusCode}` };
    };
    return new Promise<T>((resolve, reject) => {
      let settled = false;
      let sent: { abort(): void } | undefined;
      const settle = (end: () => void): void => {
        if (!settled) {
          settled = true;
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          end();
        }
      };
      const fail = (error: unknown): void => settle(() => reject(error as Error));
      const onAbort = (): void => {
        sent?.abort();
        fail(signal?.reason);
      };
      const timer = setTimeout(() => {
        sent?.abort();
        fail(timeoutError(attempted, timeoutMs / 1000));
      }, timeoutMs);
      signal?.addEventListener('abort', onAbort);
      if (signal?.aborted) {
        onAbort();
        return;
      }
      client._request = (request, callback) => {
        const meter = this.#meter(service, request.method ?? 'GET');
        // pkgcloud writes into what it is given; the same request may have to go out twice.
        const copy = { ...request, headers: { ...request.headers } };
        sent = shared._request.call(
          client,
          copy,
          (error, body, response: WireResponse | undefined) => {
            meter(response?.statusCode ?? refused?.status);
            if (error) {
              fail(
                refused
                  ? answerError(attempted, refused, 'call', this.#redact)
                  : networkError(attempted, error, this.#redact),
              );
              return;
            }
            const answer = response && { status: response.statusCode, headers: response.headers };
            try {
              callback(error, body, response as WireResponse);
            } catch (thrown) {
              fail(
                unexpectedAnswer(
                  attempted,
                  this.#redact(`unreadable answer: ${String(thrown)}`),
                  answer,
                ),
              );
            }
            // Some methods return an error instead of calling back when the answer is not what they expect.
            fail(unexpectedAnswer(attempted, 'the answer is empty or incomplete', answer));
          },
        );
        return sent;
      };
      try {
        invoke(client, (error, value) =>
          error
            ? fail(networkError(attempted, error, this.#redact))
            : settle(() => resolve(value as T)),
        );
      } catch (error) {
        fail(networkError(attempted, error, this.#redact));
      }
    });
  }

  #endpoint(login: Login, service: ServiceType, face: Account['interface']): string {
    const { region, provider } = this.#account;
    let url: string;
    try {
      url = login.identity.getServiceEndpointUrl({
        serviceType: service,
        region,
        useInternal: face === 'internal',
        useAdmin: face === 'admin',
      });
    } catch {
      throw noEndpoint(service, region, login.identity);
    }
    url = url.replace(/\/+$/, '');
    // pkgcloud's OpenStack client adds the version, which some catalogues name already; its Rackspace client does not.
    return service === 'network' && provider === 'openstack' ? url.replace(/\/v2\.0$/, '') : url;
  }

  #meter(service: ApiCall['service'], method: string): (status: number | undefined) => void {
    const from = performance.now();
    this.calls += 1;
    return (status) => {
      this.#onCall?.({ service, method, status, milliseconds: performance.now() - from });
    };
  }
}

function isWorn(login: Login): boolean {
  const half = (login.expiresAt - login.issuedAt) / 2;
  return Date.now() > login.expiresAt - Math.min(RENEW_BEFORE_MS, half);
}

function checked(attempted: string, answer: Answer, redact: Redact): Answer {
  if (answer.status < 200 || answer.status > 299) {
    throw answerError(attempted, answer, 'call', redact);
  }
  return answer;
}

function reasonOf(error: unknown): string | undefined {
  return error instanceof KubeupError ? error.failure.reason : undefined;
}

/** Waits for something shared, unless one's own signal aborts first. */
async function abortable<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) {
    return shared;
  }
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    signal.removeEventListener('abort', stop as () => void);
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
