import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { ReleaseRequest } from '../cluster/release-request.js';
import type { ClusterSpec } from '../cluster/spec.js';
import type { ConditionType } from '../cluster/status.js';
import { underCondition } from './run.js';
import type { StatusBoard } from './status-board.js';

/**
 * What a bring-up does beside the cloud for a release with Kubernetes in it. For any other, each of these does
 * nothing: the machines' own reports are all there is to go by.
 */
const options = {
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '500ms',
    backoffCoefficient: 2,
    maximumInterval: '15s',
    maximumAttempts: 8,
  },
} as const;

const kubernetes = proxyActivities<
  Pick<Activities, 'verifyApi' | 'verifyNodes' | 'verifyPodNetwork' | 'verifyDns'>
>({ ...options, startToCloseTimeout: '10m' });

/** A build from nothing takes its time. */
const lasting = proxyActivities<Pick<Activities, 'buildRelease'>>({
  ...options,
  startToCloseTimeout: '6h',
});

/** Says of a cluster what is true of it: each claim a condition of its own. */
export async function verifyKubernetes(
  board: StatusBoard,
  spec: ClusterSpec,
  minions: number[],
): Promise<void> {
  if (spec.release.kubernetes === undefined || spec.wait === 'active' || spec.wait === 'reported') {
    return;
  }
  const request = [{ spec, minions }] as const;
  await underCondition(board, 'ApiHealthy', 'Asking', () =>
    kubernetes.verifyApi.executeWithOptions({ summary: 'is the API healthy' }, [...request]),
  );
  await underCondition(board, 'NodesReady', 'Looking', () =>
    kubernetes.verifyNodes.executeWithOptions({ summary: 'are the nodes Ready' }, [...request]),
  );
  await probed(board, 'PodsReachable', 'Probing', () =>
    kubernetes.verifyPodNetwork.executeWithOptions({ summary: 'do pods reach pods' }, [...request]),
  );
  if (!spec.dns.enabled) return;
  await probed(board, 'DnsAnswers', 'Resolving', () =>
    kubernetes.verifyDns.executeWithOptions({ summary: 'does the DNS answer' }, [...request]),
  );
}

/**
 * Says of what a bring-up does not wait for that it is not known, so that `Ready` claims no more than was seen.
 */
export function showNotAwaited(board: StatusBoard, { wait, release, dns }: ClusterSpec): void {
  const reports: ConditionType[] = ['MachinesReported'];
  const kubernetes: ConditionType[] = ['ApiHealthy', 'NodesReady', 'PodsReachable'];
  if (dns.enabled) kubernetes.push('DnsAnswers');
  const unknown = [
    ...(wait === 'active' ? reports : []),
    ...(wait !== undefined && wait !== 'ready' && release.kubernetes !== undefined
      ? kubernetes
      : []),
  ];
  for (const type of [...reports, ...kubernetes]) {
    if (board.reasonOf(type) === notAwaited && !unknown.includes(type)) board.clear(type);
  }
  for (const type of unknown) {
    board.set(type, 'Unknown', notAwaited, `not known: only \`${wait ?? ''}\` is waited for`);
  }
}

const notAwaited = 'NotAwaited';

/** A claim that only pods can prove: it stays open, with the reason, where there are none to ask. */
async function probed(
  board: StatusBoard,
  type: ConditionType,
  doing: string,
  look: () => Promise<string | undefined>,
): Promise<void> {
  const unseen = await underCondition(board, type, doing, look);
  if (unseen) board.set(type, 'Unknown', 'NotProbed', unseen);
}

/** Builds the release, or finds it built: what the rest of the bring-up then works with. */
export async function buildRelease(
  request: ReleaseRequest,
  file: string,
): Promise<Pick<ClusterSpec['release'], 'sha256' | 'bytes' | 'kubernetes'>> {
  return lasting.buildRelease.executeWithOptions({ summary: 'build the release' }, [
    { request, file },
  ]);
}
