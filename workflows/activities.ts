import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';

/** A worker that died is noticed within this time: every activity heartbeats while it runs. */
const heartbeatTimeout = '10s';

/** Ends only when the activity has: nothing may be created behind a run that has settled. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** Transient failures are retried for some minutes, then a person is asked. */
const retry = {
  initialInterval: '500ms',
  backoffCoefficient: 2,
  maximumInterval: '15s',
  maximumAttempts: 24,
} as const;

/** Reads that a person waits for: soon blocked when the cloud does not answer. */
export const reads = proxyActivities<Pick<Activities, 'preflight'>>({
  startToCloseTimeout: '2m',
  heartbeatTimeout,
  cancellationType,
  retry: { ...retry, maximumAttempts: 5, maximumInterval: '4s' },
});

/** Steps of a few API calls. */
export const steps = proxyActivities<
  Pick<
    Activities,
    | 'ensureNetwork'
    | 'deleteNetwork'
    | 'ensureKeyPair'
    | 'deleteKeyPair'
    | 'bootServer'
    | 'lookAtMachine'
    | 'verifyCluster'
  >
>({ startToCloseTimeout: '5m', heartbeatTimeout, cancellationType, retry });

/** A look at a machine that failed: whatever it tells is welcome, and nothing waits for it long. */
export const looks = proxyActivities<Pick<Activities, 'diagnoseMachine'>>({
  startToCloseTimeout: '1m',
  heartbeatTimeout,
  cancellationType,
  retry: { maximumAttempts: 2 },
});

/** Work that lasts: bytes to send, deletions to wait for. */
export const longWork = proxyActivities<
  Pick<Activities, 'uploadRelease' | 'pruneReleases' | 'deleteRelease' | 'deleteServers'>
>({ startToCloseTimeout: '6h', heartbeatTimeout, cancellationType, retry });

/** Lasts as long as the bring-up; only reads and signals, so nobody waits for its end. */
export const watcher = proxyActivities<Pick<Activities, 'watchMachines'>>({
  startToCloseTimeout: '30d',
  heartbeatTimeout,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '15s' },
});
