import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ClusterClient } from '../../client/cluster-client.js';
import { ClusterNotFoundError, RefusedError } from '../../client/client-errors.js';
import type { ClusterView } from '../../client/cluster-view.js';
import type { BringUpRequest } from '../../cluster/spec.js';
import { busy, quota } from '../workflows/failures.js';
import { bringUpRequest, Stage, tearDownRequest } from '../workflows/stage.js';

describe('ClusterClient', { concurrency: 4, timeout: 180_000 }, () => {
  let stage: Stage;
  let clusters: ClusterClient;

  before(async () => {
    stage = await Stage.open({ longHistory: 250 });
    clusters = new ClusterClient(stage.client);
  });
  after(() => stage.close());

  async function blocked(cluster: string): Promise<void> {
    for await (const { status } of clusters.watch(cluster, { intervalMs: 100 })) {
      if (status.phase === 'Blocked') return;
    }
    assert.fail(`${cluster} ended before it was blocked`);
  }

  it('begins a run, joins it with the same spec, and begins another when it has ended', async () => {
    const world = stage.world();
    const upload = world.hold('uploadRelease');
    const request = bringUpRequest(world.cluster);
    const first = await clusters.bringUp(request);
    assert.equal(first.outcome, 'started');
    assert.equal(first.run.id, `cluster/${world.cluster}`);
    assert.deepEqual(await clusters.bringUp(request), { ...first, outcome: 'attached' });
    upload.release();
    assert.equal((await clusters.result(world.cluster)).phase, 'Ready');
    const second = await clusters.bringUp(request);
    assert.equal(second.outcome, 'started');
    assert.notEqual(second.run.runId, first.run.runId);
    assert.equal((await clusters.result(world.cluster, second.run.runId)).phase, 'Ready');
    assert.equal(world.count('create'), 4);
  });

  it('begins one run when many ask at once', async () => {
    const world = stage.world();
    const request = bringUpRequest(world.cluster);
    const starts = await Promise.all([1, 2, 3, 4].map(() => clusters.bringUp(request)));
    assert.equal(new Set(starts.map(({ run }) => run.runId)).size, 1);
    await clusters.result(world.cluster);
    assert.equal(world.count('preflight'), 1);
  });

  it('is refused with another spec while a run works, and amends one that is blocked', async () => {
    const world = stage.world();
    const upload = world.hold('uploadRelease');
    world.fail('uploadRelease', quota);
    const three = bringUpRequest(world.cluster);
    const two = bringUpRequest(world.cluster, { minions: 2 });
    const { run } = await clusters.bringUp(three);
    await assert.rejects(clusters.bringUp(two), (error: unknown) => {
      assert.ok(error instanceof RefusedError);
      assert.equal(error.cluster, world.cluster);
      assert.match(error.message, /minions: 3 → 2/);
      return true;
    });
    await assert.rejects(clusters.retry(world.cluster), RefusedError);
    upload.release();
    await blocked(world.cluster);
    assert.deepEqual(await clusters.bringUp(two), { outcome: 'amended', run });
    assert.equal((await clusters.result(world.cluster)).minions.length, 2);
    assert.deepEqual(await clusters.spec(world.cluster), two.spec);
  });

  it('retries what is blocked, and refuses when nothing is or nothing is open', async () => {
    const world = stage.world();
    world.fail('ensureKeyPair', quota);
    await clusters.bringUp(bringUpRequest(world.cluster));
    await blocked(world.cluster);
    await clusters.retry(world.cluster);
    assert.equal((await clusters.result(world.cluster)).phase, 'Ready');
    await assert.rejects(clusters.retry(world.cluster), (error: unknown) => {
      assert.ok(error instanceof RefusedError);
      assert.match(error.message, /kubeup up begins a new one/);
      return true;
    });
    await assert.rejects(clusters.retry('nowhere'), ClusterNotFoundError);
  });

  it('tears down a cluster that is coming up: cancels it, waits, and begins only then', async () => {
    const world = stage.world();
    const boot = world.hold('bootServer minion-1', { heeds: false });
    const request = bringUpRequest(world.cluster);
    const up = await clusters.bringUp(request);
    await boot.reached;
    const tearingDown = clusters.tearDown(tearDownRequest(world.cluster));
    await boot.cancelled;
    assert.equal(world.count('deleteServers'), 0);
    const release = world.hold('deleteRelease');
    boot.release();
    const down = await tearingDown;
    assert.equal(down.type, 'tearDownCluster');
    await assert.rejects(clusters.result(world.cluster, up.run.runId), WorkflowFailedError);
    await release.reached;
    const joined = await clusters.tearDown(tearDownRequest(world.cluster));
    assert.equal(joined.runId, down.runId);
    await assert.rejects(clusters.bringUp(request), RefusedError);
    assert.equal(await clusters.spec(world.cluster), undefined);
    release.release();
    assert.equal((await clusters.result(world.cluster, down.runId)).phase, 'Gone');
    assert.deepEqual(world.servers, []);
    assert.equal((await clusters.bringUp(request)).outcome, 'started');
    assert.equal((await clusters.result(world.cluster)).phase, 'Ready');
  });

  it('says what goes on with a tear-down that has failed', async () => {
    const world = stage.world();
    world.fail('deleteServers', quota);
    const { runId } = await clusters.tearDown(tearDownRequest(world.cluster, 'fail'));
    await assert.rejects(clusters.result(world.cluster, runId), WorkflowFailedError);
    await assert.rejects(clusters.retry(world.cluster), /kubeup down begins a new one/);
  });

  it('tears down a blocked cluster, and stops waiting when told', async () => {
    const world = stage.world();
    const upload = world.hold('uploadRelease', { heeds: false });
    await clusters.bringUp(bringUpRequest(world.cluster));
    await upload.reached;
    const patience = new AbortController();
    const given = clusters.tearDown(tearDownRequest(world.cluster), patience.signal);
    await upload.cancelled;
    patience.abort(new Error('no patience'));
    await assert.rejects(given, /no patience/);
    upload.release();
    const { runId } = await clusters.tearDown(tearDownRequest(world.cluster));
    assert.equal((await clusters.result(world.cluster, runId)).phase, 'Gone');
    assert.equal(world.release, false);
  });

  it('knows a cluster by one account only', async () => {
    const world = stage.world();
    const request = bringUpRequest(world.cluster, { minions: 1 });
    await clusters.bringUp(request);
    await clusters.result(world.cluster);
    await clusters.checkAccount(world.cluster, request.spec.cloud);
    const cloud = { ...request.spec.cloud, accountId: '11111111' };
    await assert.rejects(
      clusters.checkAccount(world.cluster, cloud),
      /belongs to account 00000000/,
    );
    await clusters.checkAccount('nowhere', cloud);
    const elsewhere: BringUpRequest = { ...request, spec: { ...request.spec, cloud } };
    await assert.rejects(clusters.bringUp(elsewhere), /belongs to account 00000000/);
    await assert.rejects(
      clusters.tearDown({ ...tearDownRequest(world.cluster), cloud }),
      /belongs to account 00000000/,
    );
  });

  it('watches a run to its end, with what is being tried again', async () => {
    const world = stage.world();
    world.fail('ensureNetwork', busy, busy);
    await clusters.bringUp(bringUpRequest(world.cluster));
    const views: ClusterView[] = [];
    for await (const view of clusters.watch(world.cluster, { intervalMs: 50 })) views.push(view);
    const last = views.pop()!;
    assert.equal(last.status.phase, 'Ready');
    assert.equal(last.run.open, false);
    assert.ok(views.every(({ run }) => run.open));
    const retries = views.flatMap((view) => view.retries);
    assert.ok(retries.some(({ activity }) => activity === 'ensureNetwork'));
    assert.match(retries[0]?.cause ?? '', /Service unavailable/);
    assert.deepEqual(await clusters.status(world.cluster), last.status);
  });

  it('follows a run that continues with a fresh history', async () => {
    const world = stage.world();
    world.fail('preflight', ...Array.from({ length: 100 }, () => quota));
    const { run } = await clusters.bringUp(bringUpRequest(world.cluster));
    const runs = new Set<string>();
    const options = { runId: run.runId, intervalMs: 20 };
    for await (const view of clusters.watch(world.cluster, options)) {
      runs.add(view.run.runId);
      if (view.status.phase !== 'Blocked') continue;
      if (runs.size > 1) world.fail('preflight');
      await clusters.retry(world.cluster);
    }
    assert.equal(runs.size, 2);
    assert.equal((await clusters.status(world.cluster)).phase, 'Ready');
  });

  it('stops watching when told', async () => {
    const world = stage.world();
    world.fail('preflight', quota);
    await clusters.bringUp(bringUpRequest(world.cluster));
    const stop = new AbortController();
    let views = 0;
    for await (const view of clusters.watch(world.cluster, { signal: stop.signal })) {
      assert.ok(view.run.open);
      views += 1;
      stop.abort();
    }
    assert.equal(views, 1);
    await stage.client.workflow.getHandle(`cluster/${world.cluster}`).terminate();
  });

  it('lists the latest operation on each cluster', async () => {
    const [up, down, stuck] = [stage.world(), stage.world(), stage.world()];
    await clusters.bringUp(bringUpRequest(up.cluster, { minions: 1 }));
    await clusters.bringUp(bringUpRequest(down.cluster, { minions: 1 }));
    stuck.fail('preflight', quota);
    await clusters.bringUp(bringUpRequest(stuck.cluster, { minions: 1 }));
    await blocked(stuck.cluster);
    await clusters.result(up.cluster);
    await clusters.result(down.cluster);
    const { runId } = await clusters.tearDown(tearDownRequest(down.cluster));
    await clusters.result(down.cluster, runId);
    const expected = [
      { cluster: up.cluster, operation: 'bringUpCluster', phase: 'Ready', open: false },
      { cluster: down.cluster, operation: 'tearDownCluster', phase: 'Gone', open: false },
      { cluster: stuck.cluster, operation: 'bringUpCluster', phase: 'Blocked', open: true },
    ];
    // The list is written after the runs: it is right within a moment.
    for (const deadline = Date.now() + 20_000; ;) {
      const names = expected.map(({ cluster }) => cluster);
      const listed = (await clusters.list()).filter(({ cluster }) => names.includes(cluster));
      const shown = expected.map(({ cluster: name }) => {
        const one = listed.find(({ cluster }) => cluster === name);
        return (
          one &&
          (({ cluster, operation, phase, open }) => ({ cluster, operation, phase, open }))(one)
        );
      });
      if (JSON.stringify(shown) === JSON.stringify(expected)) {
        assert.equal(listed.length, 3);
        assert.ok(listed.every(({ provider }) => provider === 'openstack'));
        break;
      }
      if (Date.now() > deadline) assert.deepEqual(shown, expected);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await stage.client.workflow.getHandle(`cluster/${stuck.cluster}`).terminate();
  });

  it('says what it does not know', async () => {
    await assert.rejects(clusters.status('nowhere'), ClusterNotFoundError);
    await assert.rejects(clusters.spec('nowhere'), ClusterNotFoundError);
    await assert.rejects(clusters.view('nowhere'), ClusterNotFoundError);
    await assert.rejects(clusters.result('nowhere'), ClusterNotFoundError);
    const { runId } = await clusters.tearDown(tearDownRequest(stage.world().cluster));
    assert.ok(runId, 'a tear-down needs no cluster');
  });
});

describe('ClusterClient, while no worker answers', { timeout: 60_000 }, () => {
  let stage: Stage;
  let clusters: ClusterClient;

  before(async () => {
    stage = await Stage.open();
    clusters = new ClusterClient(stage.client);
  });
  after(() => stage.close());

  it('stops asking when told, and finds what it had begun', { timeout: 30_000 }, async () => {
    const world = stage.world();
    world.fail('preflight', quota);
    const request = bringUpRequest(world.cluster, { minions: 1 });
    await stage.stopWorker();
    const impatient = AbortSignal.timeout(1000);
    await assert.rejects(clusters.bringUp(request, impatient), { name: 'TimeoutError' });
    await stage.startWorker();
    const { outcome } = await clusters.bringUp(request);
    assert.equal(outcome, 'attached');
    const handle = stage.client.workflow.getHandle(`cluster/${world.cluster}`);
    await stage.until(handle, 'Blocked');
    await stage.stopWorker();
    for (const signal of [AbortSignal.timeout(1000), AbortSignal.abort(new Error('too late'))]) {
      const reason = (): unknown => signal.reason;
      const isReason = (error: unknown): boolean => error === reason();
      await assert.rejects(clusters.retry(world.cluster, signal), isReason);
      await assert.rejects(clusters.spec(world.cluster, signal), isReason);
    }
    await stage.startWorker();
    await clusters.retry(world.cluster).catch(() => undefined);
    assert.equal((await clusters.result(world.cluster)).phase, 'Ready');
  });
});
