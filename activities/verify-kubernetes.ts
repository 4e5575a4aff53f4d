import { setTimeout as sleep } from 'node:timers/promises';
import { contains, parseAddress, parseCidr, podRange } from '../cluster/addressing.js';
import { KubeupError } from '../cluster/errors.js';
import { serverName } from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { cancellationSignal } from './as-activity.js';
import type { Dependencies } from './context.js';
import { withKubeApi } from './kube-api.js';
import type { KubeApi } from './kube-api.js';

export interface KubernetesRequest {
  spec: ClusterSpec;
  /** Indexes of the minions that are to be nodes. */
  minions: number[];
}

interface Node {
  metadata: { name: string };
  spec: { podCIDR?: string };
  status: { conditions?: { type: string; status: string; message?: string }[] };
}

interface Probe {
  metadata: { name: string };
  spec: { nodeName?: string };
  status: { podIP?: string; containerStatuses?: { ready: boolean }[] };
}

/** How long a check may take to come true: images start, leases are taken, milliseconds. */
const patienceMs = 120_000;
const pollMs = 500;
const probesPath = '/api/v1/namespaces/kube-system/pods';
const probeSet = '/apis/apps/v1/namespaces/kube-system/daemonsets/kubeup-probe';
const unprobed = 'not looked at: there is no DaemonSet kubeup-probe in kube-system';

/** The API answers that it is healthy, over TLS verified against the cluster's CA. */
export async function verifyApi(
  dependencies: Dependencies,
  { spec }: KubernetesRequest,
): Promise<void> {
  await withKubeApi(dependencies, spec, (api) =>
    comesTrue('ask the API whether it is ready', async () => {
      const answer = await api.getText('/readyz');
      return answer === 'ok' ? [] : [answer];
    }),
  );
}

/**
 * Every minion is a Ready node, and has the pod range of its index. A Node that names none is told the one that its
 * machine has had from the start.
 */
export async function verifyNodes(
  dependencies: Dependencies,
  { spec, minions }: KubernetesRequest,
): Promise<void> {
  await withKubeApi(dependencies, spec, (api) =>
    comesTrue('verify the nodes', async () => {
      const list = await api.get<{ items: Node[] }>('/api/v1/nodes');
      const nodes = new Map(list?.items.map((node) => [node.metadata.name, node]));
      const wrong = await Promise.all(
        minions.map(async (index) => {
          const name = serverName(spec.name, 'minion', index);
          const node = nodes.get(name);
          if (!node) return [`${name} is no node`];
          const ready = node.status.conditions?.find(({ type }) => type === 'Ready');
          if (ready?.status !== 'True') {
            return [`${name} is not Ready: ${ready?.message ?? 'it never said so'}`];
          }
          const range = podRange(spec.podNetwork, index);
          const { podCIDR } = node.spec;
          if (podCIDR === undefined) {
            await api.patch(`/api/v1/nodes/${name}`, {
              spec: { podCIDR: range, podCIDRs: [range] },
            });
          }
          return podCIDR === undefined || podCIDR === range
            ? []
            : [`${name} has pod range ${podCIDR}, not ${range}`];
        }),
      );
      return wrong.flat();
    }),
  );
}

/**
 * A pod runs on each minion, has an address of its minion's range, and reaches the pod on another: a node can be Ready
 * while none of its pods can start, or talk. The requests go to the pods through the API server.
 *
 * @returns why it was not looked at, where nobody wants probes
 */
export async function verifyPodNetwork(
  dependencies: Dependencies,
  { spec, minions }: KubernetesRequest,
): Promise<string | undefined> {
  return whereProbed(dependencies, spec, (api) =>
    comesTrue('reach pods from pods', async () => {
      const probes = await probesOf(api, spec, minions);
      const missing = probes.flatMap(({ node, problem }) =>
        problem ? [`${node}: ${problem}`] : [],
      );
      if (missing.length > 0) return missing;
      const reached = await Promise.all(
        probes.map(async (from, n) => {
          const to = probes[(n + 1) % probes.length] ?? from;
          const answer = await ask(api, from.pod, `reach?to=${to.address}:8080`);
          return answer === to.node ? [] : [`from ${from.node} to ${to.node}: ${answer}`];
        }),
      );
      return reached.flat();
    }),
  );
}

/** The cluster's DNS answers a pod on each minion. @returns why it was not looked at, where nobody wants probes */
export async function verifyDns(
  dependencies: Dependencies,
  { spec, minions }: KubernetesRequest,
): Promise<string | undefined> {
  const service = `kubernetes.default.svc.${spec.dns.domain}`;
  return whereProbed(dependencies, spec, (api) =>
    comesTrue(`resolve ${service} in pods`, async () => {
      const portal = parseCidr(spec.portalNet);
      const answers = await Promise.all(
        (await probesOf(api, spec, minions)).map(async ({ node, pod, problem }) => {
          if (problem) return [`${node}: ${problem}`];
          const answer = await ask(api, pod, `resolve?name=${service}.`);
          const address = parseAddress(answer);
          const isService = portal && address !== undefined && contains(portal, address);
          return isService ? [] : [`on ${node}: ${answer}`];
        }),
      );
      return answers.flat();
    }),
  );
}

/** Probes are optional: what looks by them is done where they are deployed. */
async function whereProbed(
  dependencies: Dependencies,
  spec: ClusterSpec,
  look: (api: KubeApi) => Promise<void>,
): Promise<string | undefined> {
  return withKubeApi(dependencies, spec, async (api) => {
    if ((await api.get(probeSet)) === undefined) return unprobed;
    await look(api);
    return undefined;
  });
}

/** The probe of each minion, or what is wrong with it. */
async function probesOf(
  api: KubeApi,
  spec: ClusterSpec,
  minions: readonly number[],
): Promise<{ node: string; pod: string; address: string; problem?: string }[]> {
  const list = await api.get<{ items: Probe[] }>(`${probesPath}?labelSelector=app%3Dkubeup-probe`);
  return minions.map((index) => {
    const node = serverName(spec.name, 'minion', index);
    const probe = list?.items.find((one) => one.spec.nodeName === node);
    const address = probe?.status.podIP ?? '';
    const pod = probe?.metadata.name ?? '';
    const range = podRange(spec.podNetwork, index);
    const parsed = parseAddress(address);
    if (!probe?.status.containerStatuses?.every(({ ready }) => ready) || parsed === undefined) {
      return { node, pod, address, problem: 'its probe pod does not run' };
    }
    const isOwn = contains(parseCidr(range) ?? { first: 0, last: 0, prefix: 32 }, parsed);
    return isOwn
      ? { node, pod, address }
      : { node, pod, address, problem: `its pod has address ${address}, outside ${range}` };
  });
}

async function ask(api: KubeApi, pod: string, path: string): Promise<string> {
  try {
    return (await api.getText(`${probesPath}/${pod}:8080/proxy/${path}`)).trim();
  } catch (error) {
    if (error instanceof KubeupError) return error.failure.message;
    throw error;
  }
}

/** Looks until nothing is wrong any more; rejects as blocked with what still is. */
async function comesTrue(attempted: string, look: () => Promise<string[]>): Promise<void> {
  const signal = cancellationSignal();
  const deadline = Date.now() + patienceMs;
  for (;;) {
    let wrong: string[];
    try {
      wrong = await look();
    } catch (error) {
      if (!(error instanceof KubeupError) || error.failure.kind !== 'transient') throw error;
      wrong = [error.failure.message];
    }
    if (wrong.length === 0) return;
    if (Date.now() > deadline) {
      throw new KubeupError({
        kind: 'blocked',
        reason: 'KubernetesUnhealthy',
        attempted,
        message: wrong.join('; '),
        cure: 'Look with `kubeup kubectl -- get nodes,pods -A -o wide`, mend it, then `kubeup retry`',
      });
    }
    await sleep(pollMs, undefined, { signal });
  }
}
