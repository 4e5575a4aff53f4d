import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ClusterSpec } from '../../cluster/spec.js';
import type { ClusterStatus } from '../../cluster/status.js';
import { conditionOf } from './conditions.js';
import type { ScriptedWorld } from './scripted-world.js';
import { bringUpRequest, Stage } from './stage.js';

const ofKubernetes = ['ApiHealthy', 'NodesReady', 'PodsReachable', 'DnsAnswers'] as const;

describe('How far a bring-up waits', { concurrency: 4, timeout: 180_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  const broughtUp = (
    { cluster }: ScriptedWorld,
    change: Partial<ClusterSpec>,
    kubernetes?: string,
  ): Promise<ClusterStatus> => {
    const request = bringUpRequest(cluster, { minions: 2, ...change });
    const release = { ...request.spec.release, kubernetes };
    return stage.broughtUp({ ...request, spec: { ...request.spec, release } });
  };

  it('active: until all have their address, and says that their reports are not known', async () => {
    const world = stage.world();
    for (const machine of ['master', 'minion-1', 'minion-2']) world.fate(machine, 'silent');
    const status = await broughtUp(world, { wait: 'active' });
    assert.equal(status.phase, 'Ready');
    const phases = [status.master, ...status.minions].map(({ phase }) => phase);
    assert.deepEqual(phases, ['Active', 'Active', 'Active']);
    assert.ok(status.minions.every(({ address }) => address !== ''));
    const { status: truth, reason, message } = conditionOf(status, 'MachinesReported');
    assert.equal(truth, 'Unknown');
    assert.equal(reason, 'NotAwaited');
    assert.match(message, /active/);
    assert.equal(world.count('create'), 3);
  });

  it('active: adopts on a second run what it made on the first', async () => {
    const world = stage.world();
    for (const machine of ['master', 'minion-1', 'minion-2']) world.fate(machine, 'silent');
    await broughtUp(world, { wait: 'active' });
    const { minions } = await broughtUp(world, { wait: 'active' });
    assert.ok(minions.every(({ attempts }) => attempts === 0));
    assert.equal(world.count('create'), 3);
  });

  it('active: replaces what the cloud puts in ERROR, and what reports failure', async () => {
    const world = stage.world();
    world.fate('minion-1', 'error', 'silent');
    world.fate('minion-2', 'fails', 'silent');
    const { phase } = await broughtUp(world, { wait: 'active' });
    assert.equal(phase, 'Ready');
    assert.equal(world.count('create minion-1'), 2);
    assert.equal(world.count('create minion-2'), 2);
  });

  it('active: asks Kubernetes nothing, and says so', async () => {
    const world = stage.world();
    const status = await broughtUp(world, { wait: 'active' }, '1.34.1');
    for (const type of ofKubernetes) assert.equal(conditionOf(status, type).reason, 'NotAwaited');
    assert.deepEqual(
      world.calls.filter((call) => /^(admit|end|verify(Api|Nodes|Pod|Dns))/.test(call)),
      [],
    );
  });

  it('reported: until the start scripts are done, whatever Kubernetes does then', async () => {
    const world = stage.world();
    const status = await broughtUp(world, { wait: 'reported' }, '1.34.1');
    // Whose report comes before it is let in needs no more letting in; the end of it is told always.
    assert.equal(world.count('endAdmission'), 2);
    assert.equal(world.count('verifyApi'), 0);
    assert.ok(status.minions.every(({ phase }) => phase === 'Ready'));
    for (const type of ofKubernetes) assert.equal(conditionOf(status, type).status, 'Unknown');
    assert.ok(!status.conditions.some(({ type }) => type === 'MachinesReported'));
  });

  it('ready, and unsaid: nothing is left unknown', async () => {
    for (const wait of ['ready', undefined] as const) {
      const status = await broughtUp(stage.world(), { wait }, '1.34.1');
      assert.ok(status.conditions.every((one) => one.status === 'True'));
    }
  });
});
