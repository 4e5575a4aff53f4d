/** A password, and what it is for. */
export interface Account {
  authUrl: string;
  username: string;
  password: string;
  projectName: string;
  userDomainName: string;
  projectDomainName: string;
}

/** Marks a call that is made once more with a fresh token. */
const again = 'x-test-again';

interface Endpoint {
  interface: string;
  url: string;
}

/** What a cluster may have left in a cloud, by name. */
export interface Contents {
  servers: string[];
  networks: string[];
  subnets: string[];
  ports: number;
  keyPairs: string[];
  /** `container/object` */
  objects: string[];
  containers: string[];
}

/** A cloud in which nobody has made anything. */
export const emptyCloud: Contents = {
  servers: [],
  networks: [],
  subnets: [],
  ports: 0,
  keyPairs: [],
  objects: [],
  containers: [],
};

/** One project of an OpenStack over HTTP, as its user sees it. Logs in when it must. */
export class ProjectClient {
  private login?: Promise<{ token: string; endpoints: ReadonlyMap<string, string> }>;

  constructor(readonly account: () => Promise<Account>) {}

  private async logIn(): Promise<{ token: string; endpoints: ReadonlyMap<string, string> }> {
    const { authUrl, username, password, projectName, userDomainName, projectDomainName } =
      await this.account();
    const user = { name: username, password, domain: { name: userDomainName } };
    const project = { name: projectName, domain: { name: projectDomainName } };
    const answer = await fetch(`${authUrl}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        auth: {
          identity: { methods: ['password'], password: { user } },
          scope: { project },
        },
      }),
    });
    const { token } = (await answer.json()) as {
      token: { catalog: { type: string; endpoints: Endpoint[] }[] };
    };
    const endpoints = token.catalog.map(
      ({ type, endpoints }) =>
        [type, endpoints.find((one) => one.interface === 'public')?.url ?? ''] as const,
    );
    return {
      token: answer.headers.get('x-subject-token') ?? '',
      endpoints: new Map(endpoints),
    };
  }

  /** @throws Error on any status of 400 or above */
  async call<T = unknown>(
    service: 'compute' | 'network' | 'object-store',
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    this.login ??= this.logIn();
    const { token, endpoints } = await this.login;
    const base = endpoints.get(service) ?? '';
    const answer = await fetch(`${base}${service === 'network' ? '/v2.0' : ''}${path}`, {
      method,
      headers: {
        'x-auth-token': token,
        accept: 'application/json',
        'content-type': 'application/json',
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.status === 401 && headers[again] === undefined) {
      // Tests expire tokens.
      this.login = undefined;
      return this.call(service, method, path, body, { ...headers, [again]: 'yes' });
    }
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** An object's bytes. @param reference `container/object` */
  async download(reference: string): Promise<AsyncIterable<Uint8Array>> {
    this.login ??= this.logIn();
    const { token, endpoints } = await this.login;
    const answer = await fetch(`${endpoints.get('object-store')}/${reference}`, {
      headers: { 'x-auth-token': token },
    });
    if (!answer.ok || !answer.body) throw new Error(`GET ${reference}: ${answer.status}`);
    return answer.body as AsyncIterable<Uint8Array>;
  }

  /** Puts an object in the place of whatever is there. @param reference `container/object` */
  async upload(
    reference: string,
    body: Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<void> {
    this.login ??= this.logIn();
    const { token, endpoints } = await this.login;
    const answer = await fetch(`${endpoints.get('object-store')}/${reference}`, {
      method: 'PUT',
      headers: { ...headers, 'x-auth-token': token },
      body: Buffer.from(body),
    });
    if (!answer.ok) throw new Error(`PUT ${reference}: ${answer.status}`);
  }

  /** Takes the account's temp URL keys away, as if it never had one. */
  async forgetTempUrlKey(): Promise<void> {
    await this.call('object-store', 'POST', '', undefined, {
      'x-remove-account-meta-temp-url-key': 'yes',
      'x-remove-account-meta-temp-url-key-2': 'yes',
    });
  }

  /** Everything of the project that somebody made. */
  async contents(): Promise<Contents> {
    const [{ servers }, { networks }, { subnets }, { ports }, { keypairs }, containers] =
      await Promise.all([
        this.call<{ servers: { name: string }[] }>('compute', 'GET', '/servers'),
        this.call<{ networks: { name: string; 'router:external'?: boolean; shared: boolean }[] }>(
          'network',
          'GET',
          '/networks',
        ),
        this.call<{ subnets: { name: string; cidr: string }[] }>('network', 'GET', '/subnets'),
        this.call<{ ports: unknown[] }>('network', 'GET', '/ports'),
        this.call<{ keypairs: { keypair: { name: string } }[] }>('compute', 'GET', '/os-keypairs'),
        this.call<{ name: string }[]>('object-store', 'GET', '/?format=json'),
      ]);
    const objects = await Promise.all(
      containers.map(async ({ name }) => {
        const listed = await this.call<{ name: string }[]>(
          'object-store',
          'GET',
          `/${encodeURIComponent(name)}?format=json`,
        );
        return listed.map((object) => `${name}/${object.name}`);
      }),
    );
    return {
      servers: servers.map(({ name }) => name).sort(),
      networks: networks
        .filter((network) => !network['router:external'] && !network.shared)
        .map(({ name }) => name),
      subnets: subnets.map(({ name }) => name).filter((name) => !/^(public|private)-/.test(name)),
      ports: ports.length,
      keyPairs: keypairs.map(({ keypair }) => keypair.name),
      objects: objects.flat().sort(),
      containers: containers.map(({ name }) => name),
    };
  }
}

/** The local cloud: a project of its own, and the cloud's admin path. */
export class CloudClient extends ProjectClient {
  constructor(
    private readonly url: string,
    private readonly secret: string,
  ) {
    super(() => this.localAccount());
  }

  localAccount(): Promise<Account & { apiKey: string }> {
    return this.admin('GET', '/account');
  }

  /** Through the admin path. */
  async admin<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}/_admin${path}`, {
      method,
      headers: { authorization: `Bearer ${this.secret}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Requests so far, by method, service and shape of the route. */
  requests(): Promise<Record<string, number>> {
    return this.admin('GET', '/requests');
  }
}

/** Writes among counted requests, without the machines' own reports and the log-ins. */
export function writes(requests: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(requests).filter(
      ([kind]) =>
        /^(POST|PUT|DELETE|PATCH|COPY) (?!identity )/.test(kind) && !kind.includes('temp url'),
    ),
  );
}
