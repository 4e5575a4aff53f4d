import { Agent, Pool, ProxyAgent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { KubeupError } from '../cluster/errors.js';
import { readServerMark, serverName } from '../cluster/names.js';
import { reachableAddress } from '../cluster/reachable-address.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { clientCertificate, clusterCa } from '../home/certificates.js';
import type { Dependencies } from './context.js';

/** Port of the Kubernetes API on the master. */
export const API_PORT = 6443;

/** A name in every API server's certificate: what is verified whatever address leads there. */
export const API_SERVER_NAME = 'kubernetes';

const timeoutMs = 10_000;
/** The worker's own certificate: made for each activity, so it need not live long. */
const lifetimeSeconds = 3_600;

/** Where the API of a cluster is, by what the cloud says of its master. @throws KubeupError when it is not reached */
export async function findApi(
  { cloud, machineProxy }: Pick<Dependencies, 'cloud' | 'machineProxy'>,
  spec: Pick<ClusterSpec, 'name' | 'network'>,
): Promise<string> {
  const name = serverName(spec.name, 'master');
  const master = (await cloud.compute.listServers({ name })).find(
    (server) => !server.deleting && readServerMark(server.metadata)?.cluster === spec.name,
  );
  if (!master) throw noMaster(name);
  const throughProxy = machineProxy !== undefined;
  const address = reachableAddress(master.addresses, spec.network.cidr, throughProxy);
  if (address === undefined) throw noAddress(name, throughProxy);
  return `https://${address}:${API_PORT}`;
}

/** The Kubernetes API of one cluster over verified TLS, as an administrator. Close it after use. */
export class KubeApi {
  private constructor(
    private readonly origin: string,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** Finds the cluster's master in the cloud. @throws KubeupError when there is none */
  static async open(
    dependencies: Dependencies,
    spec: ClusterSpec,
    find: (dependencies: Dependencies, spec: ClusterSpec) => Promise<string> = findApi,
  ): Promise<KubeApi> {
    const { rootSecret, machineProxy } = dependencies;
    const endpoint = await find(dependencies, spec);
    const [ca, client] = await Promise.all([
      clusterCa(rootSecret, spec.name),
      clientCertificate(rootSecret, spec.name, {
        name: 'kubeup-worker',
        group: 'system:masters',
        lifetimeSeconds,
      }),
    ]);
    const tls = {
      ca: ca.certificate,
      cert: client.certificate,
      key: client.key,
      servername: API_SERVER_NAME,
      timeout: timeoutMs,
    };
    const dispatcher = machineProxy
      ? new ProxyAgent({
          uri: machineProxy,
          requestTls: tls,
          // For the proxy's answer, which else has five minutes.
          clientFactory: (uri, options) => new Pool(uri, { ...options, headersTimeout: timeoutMs }),
        })
      : new Agent({ connect: tls });
    return new KubeApi(endpoint, dispatcher);
  }

  close(): Promise<void> {
    return this.dispatcher.close();
  }

  /** The answer's body; `undefined` for 404. @throws KubeupError for any other that is no success */
  async get<T>(path: string): Promise<T | undefined> {
    const { status, body } = await this.ask('GET', path);
    return status === 404 ? undefined : (JSON.parse(body) as T);
  }

  /** The body as it is: of `/readyz`, and of what a pod answers through the API server. */
  async getText(path: string): Promise<string> {
    const { status, body } = await this.ask('GET', path);
    if (status === 404) throw refused('GET', path, status, body);
    return body;
  }

  /** Makes an object; `false` when there is one of that name already. */
  async create(path: string, object: object): Promise<boolean> {
    const { status } = await this.ask('POST', path, object);
    return status !== 409;
  }

  /** A strategic merge patch; `false` when there is no such object. */
  async patch(path: string, change: object): Promise<boolean> {
    const { status } = await this.ask('PATCH', path, change);
    return status !== 404;
  }

  /** `false` when there was none. */
  async delete(path: string): Promise<boolean> {
    const { status } = await this.ask('DELETE', path);
    return status !== 404;
  }

  /** Puts a pod off its minion, as `kubectl drain` does; `false` when a disruption budget forbids it for now. */
  async evict(namespace: string, pod: string): Promise<boolean> {
    const { status } = await this.ask(
      'POST',
      `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`,
      { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } },
      [404, 429],
    );
    return status !== 429;
  }

  private async ask(
    method: Dispatcher.HttpMethod,
    path: string,
    body?: object,
    expected: readonly number[] = [],
  ): Promise<{ status: number; body: string }> {
    let answer;
    let text;
    try {
      answer = await request(`${this.origin}${path}`, {
        method,
        dispatcher: this.dispatcher,
        headers: {
          accept: 'application/json, */*',
          ...(body && {
            'content-type':
              method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json',
          }),
        },
        body: body && JSON.stringify(body),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      text = await answer.body.text();
    } catch (cause) {
      throw unreachable(this.origin, cause);
    }
    const { statusCode: status } = answer;
    // What is made may lack its namespace, in the first moments of an API server: that is no answer to go on with.
    const isAbsent = status === 404 && method !== 'POST';
    const isFine = status < 300 || isAbsent || status === 409 || expected.includes(status);
    if (!isFine) throw refused(method, path, status, text);
    return { status, body: text };
  }
}

/** Opens the cluster's API for as long as `use` takes. */
export async function withKubeApi<T>(
  dependencies: Dependencies,
  spec: ClusterSpec,
  use: (api: KubeApi) => Promise<T>,
): Promise<T> {
  const api = await KubeApi.open(dependencies, spec);
  try {
    return await use(api);
  } finally {
    await api.close();
  }
}

function noMaster(name: string): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'MasterMissing',
    attempted: 'reach the Kubernetes API',
    message: `there is no server ${name}`,
    cure: '`kubeup up` makes the cluster whole',
  });
}

function noAddress(name: string, throughProxy: boolean): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'MasterUnreachable',
    attempted: 'reach the Kubernetes API',
    message: throughProxy
      ? `${name} has no address`
      : `${name} has no address but on the cloud network, which leads nowhere from here`,
    cure:
      'Name a proxy that reaches it by KUBEUP_MACHINE_PROXY and `kubeup up` again, or give it a floating address ' +
      'and `kubeup retry`',
  });
}

/** Node's and OpenSSL's words for a certificate that is not of the expected CA or name. */
const distrust = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_)/;

function unreachable(origin: string, cause: unknown): KubeupError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (distrust.test(code)) {
    return new KubeupError(
      {
        kind: 'blocked',
        reason: 'ApiNotTrusted',
        attempted: `reach the Kubernetes API at ${origin}`,
        message: `its certificate is not of the cluster's CA (${code})`,
        cure: 'Was the cluster brought up with another root secret? `kubeup down` and `kubeup up` make it anew',
      },
      { cause },
    );
  }
  return new KubeupError(
    {
      kind: 'transient',
      reason: 'ApiUnreachable',
      attempted: `reach the Kubernetes API at ${origin}`,
      message: `no answer: ${message}`,
      cure:
        'See that this machine can reach the master there (KUBEUP_MACHINE_PROXY names a proxy that can), ' +
        'then `kubeup retry`',
    },
    { cause },
  );
}

function refused(method: string, path: string, status: number, body: string): KubeupError {
  // Starting components answer 403, 404 and 500 for a moment.
  const isTransient = [403, 404, 429].includes(status) || status >= 500;
  return new KubeupError({
    kind: isTransient ? 'transient' : 'blocked',
    reason: 'ApiRefused',
    attempted: `${method} ${path.split('?')[0] ?? path} of the Kubernetes API`,
    message: `HTTP ${status}: ${messageIn(body)}`,
    cure: 'Look at the cluster with `kubeup kubectl -- get events -A`, then `kubeup retry`',
    status,
  });
}

function messageIn(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not one of the API's own Status objects.
  }
  return body.trim().slice(0, 300);
}
