import type { Dispatcher } from 'undici';
import { KubeupError } from '../cluster/errors.js';
import type { Account } from './account.js';
import { accountSecrets } from './account.js';
import type { Answer } from './answer.js';
import { endpointUrl } from './catalogue.js';
import { createDispatcher, send, sendStream } from './direct.js';
import { answerError } from './failures.js';
import { logIn } from './login.js';
import type { Login } from './login.js';
import { networkError, timeoutError } from './network-failures.js';
import { createClients } from './pkgcloud.js';
import type { Callback, Clients, PkgcloudRequest, ServiceType } from './pkgcloud.js';
import { callPkgcloud } from './pkgcloud-call.js';
import type { CallOptions, ObjectBody } from './port.js';
import { redactor } from './redact.js';
import type { Redact } from './redact.js';
import { SharedLogin } from './shared-login.js';

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

interface AttemptOptions extends CallOptions {
  /** The body goes out and comes back as it is, not as JSON. */
  raw?: boolean;
  /** How many times the usual `callTimeoutMs` it may take. @default 1 */
  patience?: number;
}

/** A raw request to a service. */
export type ServiceRequest = PkgcloudRequest & Omit<AttemptOptions, 'signal'>;

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

/**
 * The one place through which every request to the cloud goes: it owns the token, and gives each call what pkgcloud
 * does not: a timeout, abort, its true status, one log-in for all parallel callers, one renewal of a rejected token.
 */
export class Session {
  readonly #account: Account;
  readonly #callTimeoutMs: number;
  readonly #uploadIdleMs: number;
  readonly #onCall: ((call: ApiCall) => void) | undefined;
  readonly #clients: Clients;
  readonly #dispatcher: Dispatcher;
  readonly #login = new SharedLogin(() => this.#logIn());

  constructor(account: Account, options: SessionOptions = {}) {
    this.#account = account;
    this.#callTimeoutMs = options.callTimeoutMs ?? 30_000;
    this.#uploadIdleMs = options.uploadIdleMs ?? 60_000;
    this.#onCall = options.onCall;
    this.#clients = createClients(account);
    this.#dispatcher = createDispatcher(account.caCert);
  }

  /** Logs in afresh; calls after it use the new token. */
  async authenticate(options: CallOptions = {}): Promise<void> {
    await this.#login.renew(options.signal);
  }

  /** Id of the project that the token is for. */
  async projectId(options: CallOptions = {}): Promise<string> {
    return (await this.#login.current(options.signal)).projectId;
  }

  /**
   * Address of a service in the account's region, without trailing slash.
   *
   * @throws KubeupError `NoEndpoint` (blocked) when the catalogue has none
   */
  async serviceUrl(
    service: ServiceType,
    options: CallOptions = {},
    face?: Account['interface'],
  ): Promise<string> {
    return this.#endpoint(await this.#login.current(options.signal), service, face);
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
    { signal, raw, patience = 1 }: AttemptOptions = {},
  ): Promise<T> {
    return this.#login.run(signal, (login) =>
      callPkgcloud(this.#clients[service], invoke, {
        attempted,
        tokenId: login.tokenId,
        serviceUrl: this.#endpoint(login, service),
        caCert: this.#account.caCert,
        redact: this.#redactor(login),
        timeoutMs: this.#callTimeoutMs * patience,
        signal,
        raw,
        meter: (method) => this.#meter(service, method),
      }),
    );
  }

  /** Makes one request of one's own through pkgcloud's client, for what its methods cannot do. */
  async request(
    service: ServiceType,
    attempted: string,
    { raw, patience, ...request }: ServiceRequest,
    options: CallOptions = {},
  ): Promise<ServiceAnswer> {
    return this.call(
      service,
      attempted,
      (client, callback: Callback<ServiceAnswer>) =>
        client._request(request, (_error, body, { statusCode, headers }) =>
          callback(undefined, { status: statusCode, headers, body }),
        ),
      { ...options, raw, patience },
    );
  }

  /**
   * PUTs a stream of any size past pkgcloud, whose `upload` corrupts what it sends while logging in and never ends when
   * the source fails. Limited by inactivity, not by a total time.
   *
   * @throws KubeupError `SourceFailed` (blocked) when the body could not be read; else as the table says
   */
  async upload(
    request: UploadRequest,
    options: CallOptions & { onProgress?: (bytesSent: number) => void } = {},
  ): Promise<Answer> {
    const { attempted } = request;
    const { signal } = options;
    return this.#login.run(signal, async (login) => {
      try {
        return await this.#put(login, request, options);
      } catch (error) {
        if (!(error instanceof KubeupError && error.failure.reason === 'ConnectionLost')) {
          throw error;
        }
        // A cloud that rejects the token closes the connection under the body, and its 401 is lost: ask it again
        // with a request that has none. The renewal, if that is it, happens there.
        const look = this.request('object-store', attempted, { method: 'HEAD' }, options);
        await look.catch(() => undefined);
        const renewed = await this.#login.current(signal);
        if (renewed === login) {
          throw error;
        }
        return this.#put(renewed, request, options);
      }
    });
  }

  async #put(
    login: Login,
    { attempted, url, headers, body }: UploadRequest,
    { signal: outer, onProgress }: CallOptions & { onProgress?: (bytesSent: number) => void },
  ): Promise<Answer> {
    const redact = this.#redactor(login);
    const call = { service: 'object-store', method: 'PUT', attempted, redact } as const;
    const answer = await this.#direct(call, this.#uploadIdleMs, outer, (signal, alive) =>
      sendStream(
        this.#dispatcher,
        { method: 'PUT', url, headers: { ...headers, 'x-auth-token': login.tokenId }, signal },
        body,
        attempted,
        (bytesSent) => {
          alive();
          onProgress?.(bytesSent);
        },
      ),
    );
    if (answer.status < 200 || answer.status > 299) {
      throw answerError(attempted, answer, redact, 'upload');
    }
    return answer;
  }

  #logIn(): Promise<Login> {
    const redact = this.#redactor();
    const attempted = `log in to ${this.#account.authUrl}`;
    const call = { service: 'identity', method: 'POST', attempted, redact } as const;
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const post = (url: string, body: unknown): Promise<Answer> =>
      this.#direct(call, this.#callTimeoutMs, undefined, (signal) =>
        send(this.#dispatcher, { method: 'POST', url, headers, signal }, JSON.stringify(body)),
      );
    return logIn(this.#account, post, redact);
  }

  /** Sends past pkgcloud, metered, ended when nothing has moved for `idleMs`. */
  async #direct(
    call: { service: ApiCall['service']; method: string; attempted: string; redact: Redact },
    idleMs: number,
    outer: AbortSignal | undefined,
    sending: (signal: AbortSignal, alive: () => void) => Promise<Answer>,
  ): Promise<Answer> {
    outer?.throwIfAborted();
    const idle = new AbortController();
    const timer = setTimeout(() => idle.abort(), idleMs);
    const signal = outer ? AbortSignal.any([outer, idle.signal]) : idle.signal;
    const meter = this.#meter(call.service, call.method);
    let status: number | undefined;
    try {
      const answer = await sending(signal, () => timer.refresh());
      status = answer.status;
      return answer;
    } catch (error) {
      outer?.throwIfAborted();
      throw idle.signal.aborted
        ? timeoutError(call.attempted, idleMs)
        : networkError(call.attempted, error, call.redact);
    } finally {
      clearTimeout(timer);
      meter(status);
    }
  }

  #endpoint(login: Login, service: ServiceType, face = this.#account.interface): string {
    const { region, provider } = this.#account;
    const url = endpointUrl(login.catalogue, service, region, face);
    // pkgcloud's OpenStack client adds the version, which some catalogues name already; its Rackspace client does not.
    return service === 'network' && provider === 'openstack' ? url.replace(/\/v2\.0$/, '') : url;
  }

  #redactor(login?: Login): Redact {
    return redactor([...accountSecrets(this.#account), login?.tokenId]);
  }

  #meter(service: ApiCall['service'], method: string): (status: number | undefined) => void {
    const from = performance.now();
    return (status) => {
      this.#onCall?.({ service, method, status, milliseconds: performance.now() - from });
    };
  }
}
