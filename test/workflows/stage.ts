import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client, WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { BringUpRequest, ClusterSpec, TearDownRequest } from '../../cluster/spec.js';
import type { ClusterPhase, ClusterStatus } from '../../cluster/status.js';
import { clusterWorkflowId, taskQueueOf } from '../../cluster/workflow-names.js';
import type { bringUpCluster, tearDownCluster } from '../../workflows/index.js';
import { retryUpdate, searchAttributes, statusQuery } from '../../workflows/interface.js';
import { developmentServer, timeSkippingServer } from '../support/temporal-executables.js';
import { activitiesIn, ScriptedWorld } from './scripted-world.js';

export const bundle = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

const cloud: ClusterSpec['cloud'] = {
  accountId: '00000000',
  provider: 'openstack',
  region: 'RegionOne',
};

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const keyword = 2;

const endings: ClusterPhase[] = ['Ready', 'Failed', 'Cancelled', 'Gone'];

export interface StageOptions {
  /** A server whose time passes at once while nothing runs; tests on it must not overlap. @default false */
  skipsTime?: boolean;
  /** Events after which the server suggests a fresh history. */
  longHistory?: number;
}

/** A Temporal server and one worker for the tests of a file; each test plays in a world of its own. */
export class Stage {
  private readonly worlds = new Map<string, ScriptedWorld>();
  private worker?: { stopped: Promise<void>; stop(): void };

  private constructor(readonly env: TestWorkflowEnvironment) {}

  static async open({ skipsTime = false, longHistory }: StageOptions = {}): Promise<Stage> {
    installRuntime();
    const stage = new Stage(
      skipsTime ? await timeSkippingEnvironment() : await developmentEnvironment(longHistory),
    );
    await stage.startWorker();
    return stage;
  }

  get client(): Client {
    return this.env.client;
  }

  async startWorker(): Promise<void> {
    const worker = await Worker.create({
      connection: this.env.nativeConnection,
      identity: 'worker',
      taskQueue: taskQueueOf(cloud.accountId),
      workflowBundle: { codePath: bundle },
      activities: activitiesIn(this.worlds),
      // An activity learns of its cancellation with its next heartbeat.
      maxHeartbeatThrottleInterval: '50ms',
      maxConcurrentActivityTaskExecutions: 200,
    });
    this.worker = { stopped: worker.run(), stop: () => worker.shutdown() };
  }

  async stopWorker(): Promise<void> {
    this.worker?.stop();
    await this.worker?.stopped;
    this.worker = undefined;
  }

  async close(): Promise<void> {
    await this.stopWorker();
    await this.env.teardown();
  }

  /** A new cluster's world. */
  world(): ScriptedWorld {
    const world = new ScriptedWorld(`c${this.worlds.size + 1}`);
    this.worlds.set(world.cluster, world);
    return world;
  }

  async bringUp(request: BringUpRequest): Promise<WorkflowHandle<typeof bringUpCluster>> {
    const workflowId = clusterWorkflowId(request.spec.name);
    await this.client.workflow.start<typeof bringUpCluster>('bringUpCluster', {
      workflowId,
      taskQueue: taskQueueOf(cloud.accountId),
      args: [request],
    });
    // Without a run id it follows a run that continues as another.
    return this.client.workflow.getHandle<typeof bringUpCluster>(workflowId);
  }

  /** Brings up and waits for the end. */
  async broughtUp(request: BringUpRequest): Promise<ClusterStatus> {
    return (await this.bringUp(request)).result();
  }

  async tearDown(request: TearDownRequest): Promise<WorkflowHandle<typeof tearDownCluster>> {
    return this.client.workflow.start<typeof tearDownCluster>('tearDownCluster', {
      workflowId: clusterWorkflowId(request.name),
      taskQueue: taskQueueOf(cloud.accountId),
      args: [request],
    });
  }

  async retry(handle: Pick<WorkflowHandle, 'executeUpdate'>): Promise<void> {
    await handle.executeUpdate(retryUpdate);
  }

  /** Waits until the status satisfies the test; throws when the run ends without. */
  async until(
    handle: Pick<WorkflowHandle, 'query'>,
    test: ClusterPhase | ((status: ClusterStatus) => boolean),
  ): Promise<ClusterStatus> {
    const fits = typeof test === 'string' ? (one: ClusterStatus) => one.phase === test : test;
    for (;;) {
      const status = await handle.query(statusQuery);
      if (fits(status)) return status;
      if (endings.includes(status.phase)) throw new Error(`ended: ${JSON.stringify(status)}`);
      await (this.env.supportsTimeSkipping ? this.env.sleep('10s') : sleep(100));
    }
  }

  /** Waits until no activity is open: a run goes on past its watcher, which hears of its end a moment later. */
  async quiet(handle: Pick<WorkflowHandle, 'describe'>): Promise<WorkflowExecutionDescription> {
    for (;;) {
      const described = await handle.describe();
      const open = described.raw.pendingActivities ?? [];
      if (open.length === 0) return described;
      assert.deepEqual(
        [...new Set(open.map(({ activityType }) => activityType?.name))],
        ['watchMachines'],
      );
      await sleep(20);
    }
  }
}

/** Three minions, the small first release, policy `hold`; with what the test changes. */
export function bringUpRequest(name: string, change: Partial<ClusterSpec> = {}): BringUpRequest {
  const minions = change.minions ?? 3;
  return {
    surplus: 'refuse',
    spec: {
      name,
      cloud,
      minions,
      image: 'Ubuntu 24.04',
      masterFlavor: 'small',
      minionFlavor: 'large',
      keyPair: { name: 'id_kubernetes' },
      network: { label: 'pool', cidr: '192.168.0.0/16' },
      attachNetworks: [],
      podNetwork: '10.240.0.0/16',
      portalNet: '10.0.0.0/16',
      dns: { enabled: true, serverIp: '10.0.0.10', domain: 'cluster.local', replicas: 1 },
      release: {
        file: `/releases/${name}/master-release.tar.gz`,
        sha256: 'a'.repeat(64),
        bytes: 10,
        sample: true,
        container: 'releases',
      },
      masterTag: 'tags=kubernetes-master',
      minionTag: 'tags=kubernetes-minion',
      onFailure: 'hold',
      minReadyMinions: minions,
      maxReplacements: 2,
      machineTimeoutSeconds: 600,
      ...change,
    },
  };
}

export function tearDownRequest(
  name: string,
  onFailure: TearDownRequest['onFailure'] = 'hold',
): TearDownRequest {
  return { name, cloud, container: 'releases', onFailure };
}

/** The SDK's runtime for this process; its core would warn of each watcher that outlives its run for a moment. */
export function installRuntime(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
}

async function developmentEnvironment(longHistory?: number): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createLocal({
    client: { identity: 'client' },
    server: {
      executable: await developmentServer(),
      searchAttributes: Object.values(searchAttributes),
      log: { format: 'pretty', level: 'never' },
      extraArgs:
        longHistory === undefined
          ? []
          : ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${longHistory}`],
    },
  });
}

async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: await timeSkippingServer() },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: env.namespace ?? 'default',
    searchAttributes: Object.fromEntries(
      Object.values(searchAttributes).map(({ name }) => [name, keyword]),
    ),
  });
  return env;
}
