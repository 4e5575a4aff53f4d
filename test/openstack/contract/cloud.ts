import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Document } from './answer.js';
import { send, Service } from './service.js';
import type { RequestOptions } from './service.js';
import type { Target } from './target.js';

/** One behaviour that both clouds have. */
export interface Case {
  name: string;
  run: (cloud: Cloud) => Promise<void>;
}

const eventuallyMs = 90_000;

/** A target with its user logged in, as one case sees it. */
export class Cloud {
  readonly compute: Service;
  readonly network: Service;
  readonly image: Service;
  readonly storage: Service;
  readonly identity: Service;
  readonly projectId: string;
  readonly userId: string;
  private readonly undos: (() => Promise<unknown>)[] = [];
  private readonly sharedThings = new Map<string, Promise<unknown>>();

  private constructor(
    readonly target: Target,
    readonly token: string,
    readonly login: Document,
    private readonly session?: Cloud,
  ) {
    const service = (type: string, suffix = ''): Service =>
      new Service(endpoint(login, type, target.v3.region) + suffix, token);
    this.identity = new Service(target.v3.url, token);
    this.compute = service('compute');
    this.network = service('network', '/v2.0');
    this.image = service('image', '/v2');
    this.storage = service('object-store');
    this.projectId = login.string('token.project.id');
    this.userId = login.string('token.user.id');
  }

  static async login(target: Target): Promise<Cloud> {
    const answer = await send('POST', `${target.v3.url}/auth/tokens`, {
      json: passwordLogin(target.v3),
    });
    answer.is(201);
    return new Cloud(target, answer.header('x-subject-token') ?? '', answer);
  }

  /** The same session for the next case. */
  forCase(): Cloud {
    return new Cloud(this.target, this.token, this.login, this);
  }

  /** A name that no other case has. */
  name(what: string): string {
    return `${what}-${randomBytes(4).toString('hex')}`;
  }

  /** What all cases may use, made for the first that asks and undone when the last is over. */
  shared<T>(what: string, make: (cloud: Cloud) => Promise<T>): Promise<T> {
    if (this.session) return this.session.shared(what, make);
    const thing = this.sharedThings.get(what) ?? make(this);
    this.sharedThings.set(what, thing);
    return thing as Promise<T>;
  }

  /** Does this when the case is over, the last first. */
  undo(work: () => Promise<unknown>): void {
    this.undos.push(work);
  }

  async undoAll(): Promise<void> {
    for (let undo = this.undos.pop(); undo !== undefined; undo = this.undos.pop()) await undo();
  }

  /** Asks Identity v3 with a token of one's own, or with none. */
  ask(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    return send(method, this.target.v3.url + path, options);
  }

  /** Another place, asked with this session's token. */
  at(url: string): Service {
    return new Service(url, this.token);
  }

  /** Repeats what fails until it holds, ever more seldom, for a minute and a half. */
  async eventually<T>(check: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + eventuallyMs;
    // A real cloud that is asked all the time does nothing but answer.
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 1.5, 1000)) {
      try {
        return await check();
      } catch (error) {
        if (!(error instanceof assert.AssertionError) || Date.now() > deadline) throw error;
      }
      await sleep(pauseMs);
    }
  }
}

/** A login with the password, scoped to the project unless told otherwise. */
export function passwordLogin(
  { username, password, projectName }: Target['v3'],
  scope: unknown = { project: { name: projectName, domain: { name: 'Default' } } },
): { auth: Record<string, unknown> } {
  const user = { name: username, password, domain: { name: 'Default' } };
  return { auth: { identity: { methods: ['password'], password: { user } }, scope } };
}

/** Where a service answers the public, as a v3 catalogue tells. */
export function endpoint(login: Document, type: string, region: string): string {
  const service = login.list('token.catalog').find((entry) => entry.at('type') === type);
  const found = service
    ?.list('endpoints')
    .find((entry) => entry.at('interface') === 'public' && entry.at('region') === region);
  assert.ok(found, `the catalogue has no ${type} in ${region}`);
  return found.string('url').replace(/\/$/, '');
}
