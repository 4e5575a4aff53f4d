import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  WithStartWorkflowOperation,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Client, WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import { counted } from '../cluster/counted.js';
import type {
  BringUpRequest,
  ClusterSpec,
  CloudReference,
  TearDownRequest,
} from '../cluster/spec.js';
import type { ClusterPhase, ClusterStatus } from '../cluster/status.js';
import {
  attributesOf,
  clusterWorkflowId,
  proposeUpdate,
  retryUpdate,
  searchAttributes,
  specQuery,
  statusQuery,
  taskQueueOf,
} from '../workflows/interface.js';
import { ClusterNotFoundError, RefusedError } from './client-errors.js';
import { readPending } from './cluster-view.js';
import type { ClusterView, Run } from './cluster-view.js';
import { grpcCodeOf, grpcCodes, isTransient } from './grpc-codes.js';

/** The workflow behind a cluster's bring-up, as the client starts it. */
type BringUpWorkflow = (request: BringUpRequest) => Promise<ClusterStatus>;
type TearDownWorkflow = (request: TearDownRequest) => Promise<ClusterStatus>;

/** What became of a proposed spec. */
export interface BringUpStart {
  /** `started`: a new run. `attached`: the open run wants the same. `amended`: a blocked run took the new spec. */
  outcome: 'started' | 'attached' | 'amended';
  run: { id: string; runId: string };
}

export interface ListedCluster {
  cluster: string;
  /** Operation that runs, or ran last. */
  operation: 'bringUpCluster' | 'tearDownCluster';
  phase: ClusterPhase;
  provider: CloudReference['provider'];
  open: boolean;
  startTime: Date;
  closeTime?: Date;
  runId: string;
}

export interface WatchOptions {
  /** The run to watch; default is the latest. A successor that it continued as is followed. */
  runId?: string;
  /** Milliseconds between looks. @default 1000 */
  intervalMs?: number;
  signal?: AbortSignal;
  /** Told each time a look fails for a reason that may pass; the watch goes on. */
  onTrouble?: (error: unknown) => void;
}

/** Milliseconds that one look may take before it counts as failed. */
const lookMs = 10_000;

/**
 * The clusters of a Temporal namespace. For embedding: bring your own `Client` (its data converter must be
 * the worker's), and call `registerSearchAttributes` once before the first bring-up.
 */
export class ClusterClient {
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  /**
   * Brings a cluster up to a spec: begins a run, or offers the spec to the one that is open.
   * Returns once the run has taken it; `watch` or `result` tell how it goes on. Needs a worker: until one
   * answers, or the signal is aborted, it waits. What it had begun by then goes on.
   * @throws RefusedError when an open run wants something else, naming the differences; when the cluster is
   *   another account's
   */
  async bringUp(request: BringUpRequest, signal?: AbortSignal): Promise<BringUpStart> {
    const { spec } = request;
    const id = clusterWorkflowId(spec.name);
    // Fixed, so that a repeated call finds its own update instead of making a second.
    const updateId = randomUUID();
    for (;;) {
      signal?.throwIfAborted();
      const before = await this.describe(spec.name);
      requireAccount(before, spec.name, spec.cloud);
      const operation = new WithStartWorkflowOperation<BringUpWorkflow>('bringUpCluster', {
        workflowId: id,
        taskQueue: taskQueueOf(spec.cloud.accountId),
        args: [request],
        workflowIdConflictPolicy: 'USE_EXISTING',
        typedSearchAttributes: startAttributes(spec.name, spec.cloud, 'BringingUp'),
        staticSummary: `Bring up ${spec.name}: 1 master, ${counted(spec.minions, 'minion')}`,
        staticDetails: describeSpec(spec),
      });
      // Nobody may be left to look at it when the update below fails first.
      const started = operation.workflowHandle();
      started.catch(() => undefined);
      try {
        const answer = await this.untilAborted(signal, () =>
          this.client.workflow.executeUpdateWithStart(proposeUpdate, {
            startWorkflowOperation: operation,
            args: [request],
            updateId,
          }),
        );
        const { runId } = await this.describeKnown(spec.name);
        const isNew = before === undefined || isClosed(before) || before.runId !== runId;
        return { outcome: isNew ? 'started' : answer, run: { id, runId } };
      } catch (error) {
        if (error instanceof WorkflowUpdateFailedError && !endedMeanwhile(error)) {
          throw new RefusedError(spec.name, messageOf(error.cause ?? error), { cause: error });
        }
        if (!mayRepeat(error)) throw error;
        await sleep(500);
      }
    }
  }

  /** Whether an operation on the cluster is under way, or waits for somebody. */
  async isOpen(cluster: string): Promise<boolean> {
    const latest = await this.describe(cluster);
    return latest !== undefined && !isClosed(latest);
  }

  /** @throws RefusedError when the cluster, if it is known, is another account's */
  async checkAccount(cluster: string, cloud: CloudReference): Promise<void> {
    requireAccount(await this.describe(cluster), cluster, cloud);
  }

  /** @throws ClusterNotFoundError */
  async status(cluster: string): Promise<ClusterStatus> {
    return this.query(cluster, (handle) => handle.query(statusQuery));
  }

  /** The spec that the latest bring-up works to; `undefined` when the latest run is a tear-down. */
  async spec(cluster: string, signal?: AbortSignal): Promise<ClusterSpec | undefined> {
    return this.untilAborted(signal, async () => {
      const { type } = await this.describeKnown(cluster);
      if (type !== 'bringUpCluster') return undefined;
      return this.query(cluster, (handle) => handle.query(specQuery));
    });
  }

  /**
   * The container of the latest run: a bring-up's as it is amended, or the one that a tear-down empties.
   * `undefined` when another client began that tear-down.
   * @throws ClusterNotFoundError
   */
  async container(cluster: string): Promise<string | undefined> {
    const { type, memo } = await this.describeKnown(cluster);
    if (type !== 'bringUpCluster') return memo?.[containerMemo] as string | undefined;
    return (await this.query(cluster, (handle) => handle.query(specQuery))).release.container;
  }

  /**
   * Lets every blocked step go on. Needs a worker: until one answers, or the signal is aborted, it waits.
   * @throws ClusterNotFoundError when no run is open
   * @throws RefusedError when nothing is blocked
   */
  async retry(cluster: string, signal?: AbortSignal): Promise<void> {
    const updateId = randomUUID();
    for (;;) {
      signal?.throwIfAborted();
      try {
        await this.untilAborted(signal, () =>
          this.handle(cluster).executeUpdate(retryUpdate, { updateId }),
        );
        return;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) {
          const command = commandAfter(await this.describeKnown(cluster));
          throw new RefusedError(
            cluster,
            `No operation on ${cluster} is open, so there is nothing to retry. ${command} begins a new one.`,
            { cause: error },
          );
        }
        if (error instanceof WorkflowUpdateFailedError) {
          throw new RefusedError(cluster, messageOf(error.cause ?? error), { cause: error });
        }
        if (!mayRepeat(error)) throw error;
        await sleep(500);
      }
    }
  }

  /**
   * Tears a cluster down: cancels an open bring-up and waits until it has settled, then starts the tear-down,
   * or joins the one that runs. Returns once the tear-down is open.
   * @throws RefusedError when the cluster is another account's
   */
  async tearDown(request: TearDownRequest, signal?: AbortSignal): Promise<Run> {
    const id = clusterWorkflowId(request.name);
    for (;;) {
      signal?.throwIfAborted();
      const open = await this.describe(request.name);
      requireAccount(open, request.name, request.cloud);
      if (open && !isClosed(open)) {
        if (open.type === 'tearDownCluster') return runOf(open);
        await this.cancelAndSettle(request.name, open.runId, signal);
        continue;
      }
      try {
        const handle = await this.client.workflow.start<TearDownWorkflow>('tearDownCluster', {
          workflowId: id,
          taskQueue: taskQueueOf(request.cloud.accountId),
          args: [request],
          workflowIdConflictPolicy: 'FAIL',
          typedSearchAttributes: startAttributes(request.name, request.cloud, 'TearingDown'),
          staticSummary: `Tear down ${request.name}`,
          memo: { [containerMemo]: request.container },
        });
        return { id, runId: handle.firstExecutionRunId, type: 'tearDownCluster', open: true };
      } catch (error) {
        // Someone else began an operation just now: look again what it is.
        if (error instanceof WorkflowExecutionAlreadyStartedError) continue;
        if (!mayRepeat(error)) throw error;
        await sleep(500);
      }
    }
  }

  /**
   * Follows a run until it ends: one view a look, the last of them of the closed run. Goes on through restarts
   * of server and worker.
   * @throws ClusterNotFoundError
   */
  async *watch(cluster: string, options: WatchOptions = {}): AsyncGenerator<ClusterView, void> {
    const { intervalMs = 1000, signal, onTrouble } = options;
    let { runId } = options;
    while (!signal?.aborted) {
      try {
        const view = await this.view(cluster, runId);
        runId = view.run.runId;
        yield view;
        if (!view.run.open) return;
      } catch (error) {
        if (!isTransient(error)) throw error;
        onTrouble?.(error);
      }
      // An abort ends the wait; the loop's condition does the rest.
      await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One look at a run, the latest by default. @throws ClusterNotFoundError */
  async view(cluster: string, runId?: string): Promise<ClusterView> {
    return this.client.withDeadline(Date.now() + lookMs, async () => {
      let description = await this.describeKnown(cluster, runId);
      if (description.status.name === 'CONTINUED_AS_NEW') {
        description = await this.describeKnown(cluster);
      }
      const run = runOf(description);
      const [status, pending] = await Promise.all([
        this.handle(cluster, run.runId).query(statusQuery),
        readPending(this.client, description),
      ]);
      return { status, run, ...pending };
    });
  }

  /**
   * Waits for the end of a run and gives its last status.
   * @throws WorkflowFailedError with the failure as its cause
   */
  async result(cluster: string, runId?: string): Promise<ClusterStatus> {
    for (;;) {
      try {
        return (await this.handle(cluster, runId).result()) as ClusterStatus;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) throw new ClusterNotFoundError(cluster);
        if (!isTransient(error)) throw error;
        await sleep(500);
      }
    }
  }

  /** The latest operation on each cluster of the namespace, by name. */
  async list(): Promise<ListedCluster[]> {
    const query = `WorkflowType IN ('bringUpCluster', 'tearDownCluster')`;
    const latest = new Map<string, ListedCluster>();
    for await (const info of this.client.workflow.list({ query })) {
      const cluster = info.typedSearchAttributes.get(searchAttributes.cluster);
      if (!cluster) continue;
      const known = latest.get(cluster);
      if (known && known.startTime >= info.startTime) continue;
      latest.set(cluster, {
        cluster,
        operation: info.type === 'tearDownCluster' ? 'tearDownCluster' : 'bringUpCluster',
        phase: (info.typedSearchAttributes.get(searchAttributes.phase) ?? '') as ClusterPhase,
        provider: (info.typedSearchAttributes.get(searchAttributes.provider) ??
          '') as ListedCluster['provider'],
        open: info.status.name === 'RUNNING',
        startTime: info.startTime,
        closeTime: info.closeTime,
        runId: info.runId,
      });
    }
    return [...latest.values()].sort((a, b) => a.cluster.localeCompare(b.cluster));
  }

  private handle(cluster: string, runId?: string): WorkflowHandle {
    return this.client.workflow.getHandle(clusterWorkflowId(cluster), runId);
  }

  private async describe(
    cluster: string,
    runId?: string,
  ): Promise<WorkflowExecutionDescription | undefined> {
    try {
      return await this.handle(cluster, runId).describe();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  private async describeKnown(
    cluster: string,
    runId?: string,
  ): Promise<WorkflowExecutionDescription> {
    const description = await this.describe(cluster, runId);
    if (!description) throw new ClusterNotFoundError(cluster);
    return description;
  }

  private async query<T>(cluster: string, ask: (handle: WorkflowHandle) => Promise<T>): Promise<T> {
    try {
      return await this.client.withDeadline(Date.now() + lookMs, () => ask(this.handle(cluster)));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new ClusterNotFoundError(cluster);
      throw error;
    }
  }

  /** Awaits what `call` asks for; gives it up, with the signal's reason, when the signal is aborted. */
  private async untilAborted<T>(
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
  ): Promise<T> {
    if (!signal) return call();
    signal.throwIfAborted();
    const calling = new AbortController();
    // Each of the many requests of a long wait listens to it.
    setMaxListeners(0, calling.signal);
    let abort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      abort = () => {
        reject(signal.reason as Error);
        calling.abort();
      };
    });
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([aborted, this.client.withAbortSignal(calling.signal, call)]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private async cancelAndSettle(
    cluster: string,
    runId: string,
    signal?: AbortSignal,
  ): Promise<void> {
    try {
      await this.handle(cluster, runId).cancel();
    } catch (error) {
      // It has ended, or goes on in another run: whoever called looks again.
      if (error instanceof WorkflowNotFoundError) return;
      throw error;
    }
    const settled = this.result(cluster, runId).catch((error: unknown) => {
      // Failed, cancelled, terminated: settled all the same.
      if (error instanceof WorkflowFailedError || error instanceof ClusterNotFoundError) return;
      throw error;
    });
    await this.untilAborted(signal, () => settled);
  }
}

/** A tear-down takes no queries about what it was asked: the next one finds here what it has to empty. */
const containerMemo = 'container';

function startAttributes(
  cluster: string,
  cloud: CloudReference,
  phase: ClusterPhase,
): SearchAttributePair[] {
  return [...attributesOf(cluster, cloud), { key: searchAttributes.phase, value: phase }];
}

/**
 * A cluster lives in one account: whatever is asked of it with another one would not find it there.
 * @throws RefusedError
 */
function requireAccount(
  latest: WorkflowExecutionDescription | undefined,
  cluster: string,
  cloud: CloudReference,
): void {
  const account = latest?.typedSearchAttributes.get(searchAttributes.account);
  if (!latest || account === cloud.accountId) return;
  const phase = latest.typedSearchAttributes.get(searchAttributes.phase);
  if (isClosed(latest) && phase === 'Gone') return;
  const provider = latest.typedSearchAttributes.get(searchAttributes.provider);
  throw new RefusedError(
    cluster,
    `The cluster ${cluster} (${phase ?? 'phase unknown'}) belongs to account ${account ?? 'unknown'} ` +
      `(${provider ?? 'provider unknown'}); the account at hand is ${cloud.accountId} (${cloud.provider} ` +
      `${cloud.region}). Set the OS_* variables (or OS_CLOUD) of that account, or choose another name (INSTANCE_PREFIX).`,
  );
}

/** Markdown for the Temporal UI. */
function describeSpec(spec: ClusterSpec): string {
  return [
    `- cloud: ${spec.cloud.provider}, region ${spec.cloud.region}`,
    `- master: ${spec.masterFlavor}; minions: ${spec.minions} × ${spec.minionFlavor}; image: ${spec.image}`,
    `- cloud network: ${spec.network.label} ${spec.network.cidr}; pods: ${spec.podNetwork}; services: ${spec.portalNet}`,
    `- release: ${spec.release.file} (${spec.release.bytes} bytes, sha256 ${spec.release.sha256})`,
    `- on failure: ${spec.onFailure}; enough minions: ${spec.minReadyMinions}; wait: ${spec.wait ?? 'ready'}`,
  ].join('\n');
}

function isClosed({ status }: WorkflowExecutionDescription): boolean {
  return status.name !== 'RUNNING' && status.name !== 'PAUSED';
}

function runOf(description: WorkflowExecutionDescription): Run {
  const { workflowId, runId, type } = description;
  return { id: workflowId, runId, type, open: !isClosed(description) };
}

/** What goes on where a closed run ended. */
function commandAfter({ type, typedSearchAttributes }: WorkflowExecutionDescription): string {
  const isGone = typedSearchAttributes.get(searchAttributes.phase) === 'Gone';
  return type === 'tearDownCluster' && !isGone ? 'kubeup down' : 'kubeup up';
}

/** The run that the update was for ended before it could answer: the next call begins a new one. */
function endedMeanwhile(error: WorkflowUpdateFailedError): boolean {
  const type = (error.cause as { type?: unknown } | undefined)?.type;
  return type === 'AcceptedUpdateCompletedWorkflow';
}

function mayRepeat(error: unknown): boolean {
  return (
    isTransient(error) ||
    error instanceof WorkflowUpdateFailedError ||
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    error instanceof WorkflowNotFoundError ||
    // Attributes that were registered just now reach the server's cache with a delay.
    (grpcCodeOf(error) === grpcCodes.invalidArgument &&
      /no mapping defined for search attribute/i.test(messageOf(error)))
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
