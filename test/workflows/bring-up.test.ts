import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, DefaultLogger, Runtime } from '@temporalio/worker';
import type { Failure } from '../../cluster/errors.js';
import type { BringUpRequest } from '../../cluster/spec.js';
import type { ClusterStatus } from '../../cluster/status.js';
import { clusterWorkflowId } from '../../cluster/workflow-names.js';
import {
  proposeUpdate,
  retryUpdate,
  searchAttributes,
  statusQuery,
} from '../../workflows/interface.js';
import { developmentServer } from '../support/temporal-executables.js';
import { ScriptedWorld } from './scripted-world.js';

const bundle = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

/** Events after which the server suggests a fresh history; more than any test makes by the way. */
const longHistory = 400;

const quota: Failure = {
  kind: 'blocked',
  reason: 'QuotaExceeded',
  attempted: 'create server',
  message: 'Quota exceeded for instances',
  cure: 'Have it raised',
};

let clusters = 0;

function requestFor(change: Partial<BringUpRequest['spec']> = {}): BringUpRequest {
  return {
    surplus: 'refuse',
    spec: {
      name: `c${++clusters}`,
      cloud: { accountId: '00000000', provider: 'openstack', region: 'RegionOne' },
      minions: 3,
      image: 'Ubuntu 24.04',
      masterFlavor: 'small',
      minionFlavor: 'large',
      keyPair: { name: 'id_kubernetes' },
      network: { label: 'pool', cidr: '192.168.0.0/24' },
      attachNetworks: [],
      podNetwork: '10.240.0.0/16',
      portalNet: '10.0.0.0/16',
      dns: { enabled: true, serverIp: '10.0.0.10', domain: 'cluster.local', replicas: 1 },
      release: {
        file: '/releases/master-release.tar.gz',
        sha256: 'a'.repeat(64),
        bytes: 10,
        sample: true,
        container: 'releases',
      },
      masterTag: 'tags=kubernetes-master',
      minionTag: 'tags=kubernetes-minion',
      onFailure: 'hold',
      minReadyMinions: 3,
      maxReplacements: 2,
      machineTimeoutSeconds: 600,
      ...change,
    },
  };
}

describe('bringUpCluster', () => {
  let env: TestWorkflowEnvironment;

  before(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    env = await TestWorkflowEnvironment.createLocal({
      server: {
        executable: await developmentServer(),
        searchAttributes: Object.values(searchAttributes),
        extraArgs: [
          '--dynamic-config-value',
          `limit.historyCount.suggestContinueAsNew=${longHistory}`,
        ],
      },
    });
  });

  after(() => env.teardown());

  /** Runs `body` beside a worker that has the world's activities. */
  async function inWorld<T>(
    world: ScriptedWorld,
    body: (taskQueue: string) => Promise<T>,
  ): Promise<T> {
    const taskQueue = `queue-${++clusters}`;
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue,
      workflowBundle: { codePath: bundle },
      activities: world.activities(),
    });
    return worker.runUntil(() => body(taskQueue));
  }

  async function begin(taskQueue: string, request: BringUpRequest) {
    return env.client.workflow.start('bringUpCluster', {
      workflowId: clusterWorkflowId(request.spec.name),
      taskQueue,
      args: [request],
    });
  }

  async function until(
    look: () => Promise<ClusterStatus>,
    phase: ClusterStatus['phase'],
  ): Promise<ClusterStatus> {
    for (;;) {
      const status = await look();
      if (status.phase === phase) return status;
      assert.ok(
        !['Ready', 'Failed', 'Cancelled', 'Gone'].includes(status.phase),
        `is ${status.phase} instead of ${phase}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('makes a master and its minions, each once', async () => {
    const world = new ScriptedWorld();
    const request = requestFor();
    const status = await inWorld(world, async (queue) => {
      const handle = await begin(queue, request);
      return (await handle.result()) as ClusterStatus;
    });
    assert.equal(status.phase, 'Ready');
    assert.deepEqual(
      world.servers.map(({ name }) => name).sort(),
      ['master', 'minion-1', 'minion-2', 'minion-3'].map((end) => `${request.spec.name}-${end}`),
    );
    assert.equal(world.count('create'), 4);
    assert.equal(status.master.phase, 'Ready');
    assert.deepEqual(
      status.minions.map(({ phase, podRange, attempts }) => ({ phase, podRange, attempts })),
      [1, 2, 3].map((i) => ({ phase: 'Ready', podRange: `10.240.${i}.0/24`, attempts: 1 })),
    );
    assert.ok(status.conditions.every((condition) => condition.status === 'True'));
    const master = world.servers.find(({ role }) => role === 'master');
    for (const { role, masterAddress } of world.servers) {
      if (role === 'minion') assert.equal(masterAddress, master?.address);
    }
  });

  it('adopts all of a healthy cluster and makes nothing', async () => {
    const world = new ScriptedWorld();
    const request = requestFor();
    await inWorld(world, async (queue) => {
      await (await begin(queue, request)).result();
      const made = world.count('create');
      const again = (await (await begin(queue, request)).result()) as ClusterStatus;
      assert.equal(again.phase, 'Ready');
      assert.equal(world.count('create'), made);
      assert.equal(world.servers.length, 4);
      assert.ok(again.changes.every((line) => line.startsWith('adopted')));
    });
  });

  it('replaces machines that go to ERROR or report failure', async () => {
    const world = new ScriptedWorld();
    world.fate('minion-1', 'error', 'ready');
    world.fate('minion-2', 'fails', 'ready');
    const status = await inWorld(world, async (queue) => {
      return (await (await begin(queue, requestFor())).result()) as ClusterStatus;
    });
    assert.deepEqual(
      status.minions.map(({ attempts }) => attempts),
      [2, 2, 1],
    );
    assert.equal(world.servers.length, 4);
    assert.match(status.changes.join('\n'), /No valid host was found/);
    assert.match(status.changes.join('\n'), /sha256 differs/);
  });

  it('boots the minions anew when the master they were given is replaced', async () => {
    const world = new ScriptedWorld();
    world.fate('master', 'fails', 'ready');
    const status = await inWorld(world, async (queue) => {
      return (await (await begin(queue, requestFor())).result()) as ClusterStatus;
    });
    assert.equal(status.phase, 'Ready');
    assert.equal(world.count('create master'), 2);
    for (const { role, masterAddress } of world.servers) {
      if (role === 'minion') assert.equal(masterAddress, status.master.address);
    }
  });

  it('gives a minion up after its replacements, holds with the cause, and goes on at retry', async () => {
    const world = new ScriptedWorld();
    world.fate('minion-2', 'error', 'error', 'error', 'ready');
    await inWorld(world, async (queue) => {
      const handle = await begin(queue, requestFor());
      const blocked = await until(() => handle.query(statusQuery), 'Blocked');
      const condition = blocked.conditions.find(({ type }) => type === 'MinionsReady');
      assert.equal(condition?.status, 'False');
      assert.equal(condition?.reason, 'MinionFailed');
      assert.match(condition?.message ?? '', /No valid host was found/);
      assert.equal(world.count('create minion-2'), 3);
      await handle.executeUpdate(retryUpdate);
      const status = (await handle.result()) as ClusterStatus;
      assert.equal(status.phase, 'Ready');
      assert.equal(world.count('create'), 4 + 3);
    });
  });

  it('is ready with fewer minions when the spec says they are enough', async () => {
    const world = new ScriptedWorld();
    world.fate('minion-3', 'error');
    const status = await inWorld(world, async (queue) => {
      const request = requestFor({ minReadyMinions: 2 });
      return (await (await begin(queue, request)).result()) as ClusterStatus;
    });
    assert.equal(status.phase, 'Ready');
    assert.equal(status.minions[2]?.phase, 'Failed');
  });

  it('parks on a blocked step, refuses what does not fit, and takes an amended spec', async () => {
    const world = new ScriptedWorld();
    world.fail('preflight', quota);
    await inWorld(world, async (queue) => {
      const request = requestFor();
      const handle = await begin(queue, request);
      const blocked = await until(() => handle.query(statusQuery), 'Blocked');
      assert.match(blocked.conditions[0]?.message ?? '', /Quota exceeded.*Have it raised/);
      const smaller = { ...request, spec: { ...request.spec, minions: 1, minReadyMinions: 1 } };
      assert.equal(await handle.executeUpdate(proposeUpdate, { args: [smaller] }), 'amended');
      const status = (await handle.result()) as ClusterStatus;
      assert.equal(status.minions.length, 1);
      assert.equal(world.count('create'), 2);
    });
  });

  it('begins a fresh history when many retries have made the old one long', async () => {
    const world = new ScriptedWorld();
    world.fail('preflight', ...Array.from({ length: 60 }, () => quota));
    await inWorld(world, async (queue) => {
      const request = requestFor();
      const first = await begin(queue, request);
      const handle = env.client.workflow.getHandle(first.workflowId);
      const runs = new Set<string>();
      while (world.failures.get('preflight')!.length > 0) {
        await until(() => handle.query(statusQuery), 'Blocked');
        runs.add((await handle.describe()).runId);
        await handle.executeUpdate(retryUpdate);
      }
      const status = (await handle.result()) as ClusterStatus;
      assert.equal(status.phase, 'Ready');
      assert.equal(world.count('create'), 4);
      assert.ok(runs.size > 1, 'the run continued as a new one');
    });
  });

  it('refuses another spec and a retry while it runs', async () => {
    const world = new ScriptedWorld();
    world.fate('minion-1', 'silent');
    await inWorld(world, async (queue) => {
      const request = requestFor();
      const handle = await begin(queue, request);
      await until(() => handle.query(statusQuery), 'BringingUp');
      const other = { ...request, spec: { ...request.spec, minions: 5 } };
      await assert.rejects(
        handle.executeUpdate(proposeUpdate, { args: [other] }),
        (error: unknown) =>
          error instanceof WorkflowUpdateFailedError &&
          /minions: 3 → 5/.test(String(error.cause?.message)),
      );
      await assert.rejects(handle.executeUpdate(retryUpdate), WorkflowUpdateFailedError);
      assert.equal(await handle.executeUpdate(proposeUpdate, { args: [request] }), 'attached');
      await handle.cancel();
      await assert.rejects(handle.result(), WorkflowFailedError);
      const status = await handle.query(statusQuery);
      assert.equal(status.phase, 'Cancelled');
      assert.equal(world.count('deleteServers'), 0);
    });
  });

  it('fails at once with the policy `fail`, and keeps what was made', async () => {
    const world = new ScriptedWorld();
    world.fate('master', 'error');
    await inWorld(world, async (queue) => {
      const handle = await begin(queue, requestFor({ onFailure: 'fail' }));
      await assert.rejects(handle.result(), WorkflowFailedError);
      assert.equal((await handle.query(statusQuery)).phase, 'Failed');
      assert.equal(world.servers.length, 1);
    });
  });

  it('rolls back what this run made, and only that', async () => {
    const world = new ScriptedWorld();
    world.network = { id: 'theirs', own: false };
    world.fate('minion-1', 'error');
    await inWorld(world, async (queue) => {
      const handle = await begin(queue, requestFor({ onFailure: 'rollback' }));
      await assert.rejects(handle.result(), WorkflowFailedError);
      assert.equal((await handle.query(statusQuery)).phase, 'Failed');
    });
    assert.deepEqual(world.servers, []);
    assert.deepEqual(world.network, { id: 'theirs', own: false });
    assert.equal(world.keyPair, undefined);
    assert.equal(world.release, false);
  });

  it('tears down in reverse order', async () => {
    const world = new ScriptedWorld();
    const request = requestFor();
    await inWorld(world, async (queue) => {
      await (await begin(queue, request)).result();
      const handle = await env.client.workflow.start('tearDownCluster', {
        workflowId: clusterWorkflowId(request.spec.name),
        taskQueue: queue,
        args: [
          {
            name: request.spec.name,
            cloud: request.spec.cloud,
            container: 'releases',
            onFailure: 'hold',
          },
        ],
      });
      const status = (await handle.result()) as ClusterStatus;
      assert.equal(status.phase, 'Gone');
    });
    assert.deepEqual(world.calls.slice(-5), [
      'deleteServers',
      'deleteKeyPair',
      'deleteNetwork',
      'deleteRelease',
      'deleteServers',
    ]);
    assert.deepEqual(world.servers, []);
  });
});
