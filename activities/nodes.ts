import { setTimeout as sleep } from 'node:timers/promises';
import { KubeupError } from '../cluster/errors.js';
import { serverName } from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { attempt, cancellationSignal } from './as-activity.js';
import type { Dependencies } from './context.js';
import { withKubeApi } from './kube-api.js';
import type { KubeApi } from './kube-api.js';

interface Pod {
  metadata: {
    name: string;
    namespace: string;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string }[];
  };
  status: { phase: string };
}

/** How long pods have to leave a minion, milliseconds; what is still there goes with it. */
const drainMs = 60_000;
const pollMs = 1_000;
/**
 * From which attempt on an API that does not answer is taken for gone. The attempts before leave one that starts
 * anew half a minute, and cost a minute and a half at most (10 s each) where none ever answers.
 */
const goneAtAttempt = 7;

/**
 * Takes minions out of the cluster before their machines go: no new pods, the old ones moved, the Node deleted, and
 * what stayed on it. One that never joined, or whose cluster has no API any more, needs nothing of it.
 */
export async function retireMinions(
  dependencies: Dependencies,
  { spec, indexes }: { spec: ClusterSpec; indexes: number[] },
): Promise<{ retired: string[] }> {
  if (indexes.length === 0) return { retired: [] };
  try {
    return await withKubeApi(dependencies, spec, async (api) => {
      const retired: string[] = [];
      const names = indexes.map((index) => serverName(spec.name, 'minion', index));
      for (const name of names) {
        const isThere = await api.patch(`/api/v1/nodes/${name}`, { spec: { unschedulable: true } });
        if (isThere) retired.push(name);
      }
      const deadline = Date.now() + drainMs;
      for (const name of retired) await drain(api, name, deadline);
      for (const name of retired) await api.delete(`/api/v1/nodes/${name}`);
      // An attempt before may have got as far as the Nodes.
      for (const name of names) await forgetPods(api, name);
      return { retired };
    });
  } catch (error) {
    if (isGone(error)) return { retired: [] };
    throw error;
  }
}

function isGone(error: unknown): boolean {
  if (!(error instanceof KubeupError)) return false;
  const { reason } = error.failure;
  return reason === 'MasterMissing' || (reason === 'ApiUnreachable' && attempt() >= goneAtAttempt);
}

async function drain(api: KubeApi, node: string, deadline: number): Promise<void> {
  const signal = cancellationSignal();
  for (;;) {
    const pods = (await podsOn(api, node)).filter(mustLeave);
    if (pods.length === 0 || Date.now() > deadline) return;
    for (const { metadata } of pods) await api.evict(metadata.namespace, metadata.name);
    await sleep(pollMs, undefined, { signal });
  }
}

/** Services would go on sending to them until somebody noticed that their Node is gone. */
async function forgetPods(api: KubeApi, node: string): Promise<void> {
  for (const { metadata } of await podsOn(api, node)) {
    const { namespace, name } = metadata;
    await api.delete(`/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`);
  }
}

async function podsOn(api: KubeApi, node: string): Promise<Pod[]> {
  const selector = encodeURIComponent(`spec.nodeName=${node}`);
  const list = await api.get<{ items: Pod[] }>(`/api/v1/pods?fieldSelector=${selector}`);
  return list?.items ?? [];
}

/** Not those of a DaemonSet, which would come back, nor those that the kubelet runs by itself, nor ended ones. */
function mustLeave({ metadata, status }: Pod): boolean {
  const isDaemon = metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') ?? false;
  const isStatic = 'kubernetes.io/config.mirror' in (metadata.annotations ?? {});
  return !isDaemon && !isStatic && status.phase !== 'Succeeded' && status.phase !== 'Failed';
}
