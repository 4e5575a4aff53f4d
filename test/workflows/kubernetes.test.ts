import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { unbuilt } from '../../cluster/release-request.js';
import type { BringUpRequest, ClusterSpec } from '../../cluster/spec.js';
import { proposeUpdate, specQuery, statusQuery } from '../../workflows/interface.js';
import { conditionOf } from './conditions.js';
import { quota } from './failures.js';
import type { ScriptedWorld } from './scripted-world.js';
import { bringUpRequest, Stage } from './stage.js';

/** A spec whose release has Kubernetes in it. */
function withKubernetes(cluster: string, change: Partial<ClusterSpec> = {}): BringUpRequest {
  const request = bringUpRequest(cluster, change);
  const release = { ...request.spec.release, kubernetes: '1.34.1' };
  return { ...request, spec: { ...request.spec, release } };
}

describe('A release with Kubernetes in it', { concurrency: 4, timeout: 180_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('lets each minion join while it comes up, and verifies API, nodes, pods and DNS in turn', async () => {
    const world = stage.world();
    const status = await stage.broughtUp(withKubernetes(world.cluster, { minions: 2 }));
    assert.equal(world.count('admitMinion'), 2);
    assert.equal(world.count('endAdmission'), 2);
    const booted = world.calls.findIndex((call) => call.startsWith('bootServer minion'));
    for (const call of ['admitMinion', 'endAdmission', 'verifyCluster']) {
      assert.ok(world.calls.indexOf(call) > booted, call);
    }
    const verified = ['verifyApi', 'verifyNodes', 'verifyPodNetwork', 'verifyDns'];
    assert.deepEqual(world.calls.slice(-4), verified);
    for (const type of ['ApiHealthy', 'NodesReady', 'PodsReachable', 'DnsAnswers'] as const) {
      assert.equal(conditionOf(status, type).status, 'True');
    }
  });

  it('without, asks Kubernetes nothing', async () => {
    const world = stage.world();
    await stage.broughtUp(bringUpRequest(world.cluster, { minions: 1 }));
    assert.deepEqual(kubernetesCalls(world), []);
  });

  it('asks no DNS where there is none', async () => {
    const world = stage.world();
    const { dns } = bringUpRequest(world.cluster).spec;
    const request = withKubernetes(world.cluster, { minions: 0, dns: { ...dns, enabled: false } });
    await stage.broughtUp(request);
    assert.deepEqual(kubernetesCalls(world), ['verifyApi', 'verifyNodes', 'verifyPodNetwork']);
  });

  it('parks at a claim that is not so, and goes on at retry', async () => {
    const world = stage.world();
    world.fail('verifyNodes', quota);
    const running = await stage.bringUp(withKubernetes(world.cluster, { minions: 1 }));
    const blocked = await stage.until(running, 'Blocked');
    assert.equal(conditionOf(blocked, 'ApiHealthy').status, 'True');
    assert.equal(conditionOf(blocked, 'NodesReady').reason, 'QuotaExceeded');
    await stage.retry(running);
    const status = await running.result();
    assert.ok(status.conditions.every((one) => one.status === 'True'));
    assert.equal(world.count('create'), 2);
  });

  it('parks when a minion is not let in, and makes it no second server', async () => {
    const world = stage.world();
    world.fate('minion-1', 'silent');
    world.fail('admitMinion', quota);
    const running = await stage.bringUp(withKubernetes(world.cluster, { minions: 1 }));
    const blocked = await stage.until(running, 'Blocked');
    assert.equal(conditionOf(blocked, 'MinionsReady').reason, 'QuotaExceeded');
    world.server('minion-1')!.report = 'ready';
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
    assert.equal(world.count('create minion-1'), 1);
  });

  it('retires a minion before its server is deleted: replaced, or too many', async () => {
    const world = stage.world();
    world.fate('minion-1', 'fails', 'ready');
    await stage.broughtUp(withKubernetes(world.cluster, { minions: 2 }));
    assert.equal(world.count('retireMinions'), 1);
    assert.ok(world.calls.indexOf('retireMinions') < world.calls.indexOf('deleteServers'));
    const first = world.calls.length;
    const smaller = withKubernetes(world.cluster, { minions: 1 });
    await stage.broughtUp({ ...smaller, surplus: 'delete' });
    const calls = world.calls.slice(first);
    assert.ok(calls.includes('retireMinions'));
    assert.ok(calls.indexOf('retireMinions') < calls.indexOf('deleteServers'));
    assert.equal(world.servers.length, 2);
  });

  it('neither admits nor retires minions where no more than servers is waited for', async () => {
    const world = stage.world();
    world.fate('minion-1', 'error', 'ready');
    const request = withKubernetes(world.cluster, { minions: 2, wait: 'active' });
    await stage.broughtUp(request);
    assert.equal(world.count('create minion-1'), 2);
    const smaller = { ...request, spec: { ...request.spec, minions: 1, minReadyMinions: 1 } };
    await stage.broughtUp({ ...smaller, surplus: 'delete' });
    assert.equal(world.servers.length, 2);
    assert.deepEqual(kubernetesCalls(world), []);
  });

  it('is built first when that is asked for, and all the rest works with what was built', async () => {
    const world = stage.world();
    const request = withKubernetes(world.cluster, { minions: 1 });
    const release = { ...request.spec.release, ...unbuilt };
    const asked = { ...request, spec: { ...request.spec, release }, build: {} };
    world.fail('buildRelease', quota);
    const running = await stage.bringUp(asked);
    const blocked = await stage.until(running, 'Blocked');
    assert.equal(conditionOf(blocked, 'ReleaseBuilt').reason, 'QuotaExceeded');
    assert.equal(world.count('uploadRelease'), 0);
    assert.equal(await running.executeUpdate(proposeUpdate, { args: [asked] }), 'attached');
    const status = await running.result();
    assert.equal(conditionOf(status, 'ReleaseBuilt').status, 'True');
    assert.equal(status.release.sha256, 'b'.repeat(64));
    assert.match(status.release.reference, /release-bbbbbbbbbbbb/);
    assert.equal((await running.query(specQuery)).release.bytes, 2);
    assert.ok(world.calls.indexOf('buildRelease') < world.calls.indexOf('uploadRelease'));
  });

  it('is kept by a rollback when machines that stood before came up with it', async () => {
    const world = stage.world();
    const request = withKubernetes(world.cluster, { minions: 1 });
    const release = { ...request.spec.release, ...unbuilt };
    const asked = { ...request, spec: { ...request.spec, release }, build: {} };
    await stage.broughtUp(asked);
    world.fate('minion-2', 'error');
    const spec = { ...asked.spec, minions: 2, minReadyMinions: 2, onFailure: 'rollback' as const };
    const running = await stage.bringUp({ ...asked, spec });
    await assert.rejects(running.result());
    assert.equal(world.servers.length, 2);
    assert.equal(world.release, true);
  });

  it('builds anew for machines that the last build has failed', async () => {
    const world = stage.world();
    const request = withKubernetes(world.cluster, { minions: 1 });
    await stage.broughtUp(request);
    for (const server of world.servers) server.report = 'failed';
    const release = { ...request.spec.release, ...unbuilt };
    const status = await stage.broughtUp({
      ...request,
      spec: { ...request.spec, release },
      build: {},
    });
    assert.equal(status.phase, 'Ready');
    assert.deepEqual(
      world.servers.map((server) => server.release),
      ['b'.repeat(12), 'b'.repeat(12)],
    );
  });

  it('does not pass machines of another release off as what was built', async () => {
    const world = stage.world();
    const request = withKubernetes(world.cluster, { minions: 1 });
    await stage.broughtUp(request);
    const before = world.servers.map(({ id }) => id);
    const release = { ...request.spec.release, ...unbuilt };
    const running = await stage.bringUp({
      ...request,
      spec: { ...request.spec, release },
      build: {},
    });
    await assert.rejects(running.result());
    const status = await running.query(statusQuery);
    assert.equal(status.phase, 'Failed');
    assert.equal(conditionOf(status, 'ReleaseBuilt').reason, 'OtherRelease');
    assert.match(conditionOf(status, 'ReleaseBuilt').message, /kubeup down/);
    assert.equal(world.count('uploadRelease'), 1);
    assert.deepEqual(
      world.servers.map(({ id }) => id),
      before,
    );
  });
});

function kubernetesCalls(world: ScriptedWorld): string[] {
  return world.calls.filter((call) =>
    /^(admit|endAdm|retire|verify(Api|Nodes|Pod|Dns))/.test(call),
  );
}
