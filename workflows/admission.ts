import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { AdmissionRequest } from '../activities/admission.js';
import type { Activities } from '../activities/index.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { beside } from './beside.js';

/** Minions come into a cluster and leave it; with a release without Kubernetes there is none to come into. */
const kubernetes = proxyActivities<
  Pick<Activities, 'admitMinion' | 'endAdmission' | 'retireMinions'>
>({
  // An admission waits for the master as long as a machine may take.
  startToCloseTimeout: '6h',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '500ms',
    backoffCoefficient: 2,
    maximumInterval: '15s',
    maximumAttempts: 8,
  },
});

/** Who waits for no more than servers does not wait for an API server either, which may be out of reach. */
function asksKubernetes({ release, wait }: ClusterSpec): boolean {
  return release.kubernetes !== undefined && wait !== 'active';
}

/** Runs `body`, a minion's way up, while the API server knows the join token of this boot; then no longer. */
export async function whileAdmitted<T>(
  request: AdmissionRequest,
  body: () => Promise<T>,
): Promise<T> {
  const { spec, index } = request;
  if (!asksKubernetes(spec) || index === 0) return body();
  const result = await beside(async () => {
    await kubernetes.admitMinion.executeWithOptions(
      { summary: `let minion ${request.index} join` },
      [request],
    );
    return CancellationScope.current().cancelRequested;
  }, body);
  try {
    await kubernetes.endAdmission.executeWithOptions(
      { summary: `minion ${request.index} joins no more` },
      [request],
    );
  } catch (error) {
    // The token expires by itself: the minion is what it is without this.
    if (isCancellation(error)) throw error;
  }
  return result;
}

/** Drains minions and deletes their Nodes, before their machines go. */
export async function retire(spec: ClusterSpec, indexes: number[]): Promise<string[]> {
  if (!asksKubernetes(spec) || indexes.length === 0) return [];
  const { retired } = await kubernetes.retireMinions.executeWithOptions(
    { summary: `retire minions ${indexes.join(', ')}` },
    [{ spec, indexes }],
  );
  return retired.map((name) => `retired node ${name}`);
}
