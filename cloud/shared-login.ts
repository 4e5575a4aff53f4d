import { KubeupError } from '../cluster/errors.js';
import type { Login } from './login.js';

/** A token is renewed this long before it expires, but not in its own first half. */
const RENEW_BEFORE_MS = 60_000;

/** One log-in for all callers: at most one is under way, and a rejected token is renewed once. */
export class SharedLogin {
  readonly #logIn: () => Promise<Login>;
  #login: Login | undefined;
  #underWay: Promise<Login> | undefined;

  constructor(logIn: () => Promise<Login>) {
    this.#logIn = logIn;
  }

  /** Runs an attempt with the token; when the cloud rejects it, once more with a renewed one: a 401 did no work. */
  async run<T>(signal: AbortSignal | undefined, attempt: (login: Login) => Promise<T>): Promise<T> {
    const login = await this.current(signal);
    try {
      return await attempt(login);
    } catch (error) {
      if (!(error instanceof KubeupError && error.failure.status === 401)) {
        throw error;
      }
      // Whoever comes second finds the token replaced already.
      if (this.#login === login) {
        this.#login = undefined;
      }
      return attempt(await this.current(signal));
    }
  }

  /** The log-in in use, or a new one when there is none or it is about to expire. */
  async current(signal?: AbortSignal): Promise<Login> {
    const login = this.#login;
    return login !== undefined && !isWorn(login) ? login : this.renew(signal);
  }

  /** Logs in; whoever asks meanwhile gets the same. The abort of one of them does not take it from the others. */
  async renew(signal?: AbortSignal): Promise<Login> {
    signal?.throwIfAborted();
    this.#underWay ??= this.#logIn()
      .then((login) => (this.#login = login))
      .finally(() => {
        this.#underWay = undefined;
      });
    return unlessAborted(this.#underWay, signal);
  }
}

function isWorn({ issuedAt, expiresAt }: Login): boolean {
  const half = (expiresAt - issuedAt) / 2;
  return Date.now() > expiresAt - Math.min(RENEW_BEFORE_MS, half);
}

/** Waits for something shared, unless one's own signal aborts first. */
async function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) {
    return shared;
  }
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
