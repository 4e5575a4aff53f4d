import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bringUpRequest, Stage } from './stage.js';

describe('bringUpCluster', { concurrency: true }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('makes a master and its minions, each once, minions with the address of the master', async () => {
    const world = stage.world();
    const status = await stage.broughtUp(bringUpRequest(world.cluster));
    assert.equal(status.phase, 'Ready');
    assert.deepEqual(
      world.servers.map(({ name }) => name).sort(),
      ['master', 'minion-1', 'minion-2', 'minion-3'].map((end) => `${world.cluster}-${end}`),
    );
    assert.equal(world.count('create'), 4);
    assert.equal(status.master.phase, 'Ready');
    assert.deepEqual(
      status.minions.map(({ phase, podRange, attempts }) => ({ phase, podRange, attempts })),
      [1, 2, 3].map((i) => ({ phase: 'Ready', podRange: `10.240.${i}.0/24`, attempts: 1 })),
    );
    assert.equal(status.conditions.length, 7);
    assert.ok(status.conditions.every((condition) => condition.status === 'True'));
    const { address } = world.server('master')!;
    assert.equal(status.master.address, address);
    for (const { role, masterAddress } of world.servers) {
      if (role === 'minion') assert.equal(masterAddress, address);
    }
  });

  it('begins with preflight, and boots no machine before network, release and key are there', async () => {
    const world = stage.world();
    const upload = world.hold('uploadRelease');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await upload.reached;
    await stage.until(running, ({ conditions }) =>
      ['NetworkReady', 'KeyPairReady'].every((type) =>
        conditions.some((one) => one.type === type && one.status === 'True'),
      ),
    );
    assert.equal(world.calls[0], 'preflight');
    assert.equal(world.count('bootServer'), 0);
    upload.release();
    await running.result();
    assert.equal(
      world.calls.indexOf('bootServer master'),
      world.calls.indexOf('watchMachines') + 1,
    );
  });

  it('boots minions while the master still installs', async () => {
    const world = stage.world();
    world.fate('master', 'silent');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, ({ minions }) => minions.every(({ phase }) => phase === 'Ready'));
    world.server('master')!.report = 'installing';
    await stage.until(running, ({ master }) => master.phase === 'Installing');
    world.server('master')!.report = 'ready';
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('adopts all of a healthy cluster and makes nothing', async () => {
    const world = stage.world();
    const request = bringUpRequest(world.cluster);
    await stage.broughtUp(request);
    const first = world.calls.length;
    const again = await stage.broughtUp(request);
    assert.equal(again.phase, 'Ready');
    assert.deepEqual(
      world.calls.slice(first).filter((call) => /^create|^bootServer minion/.test(call)),
      [],
    );
    assert.equal(world.servers.length, 4);
    assert.equal(again.changes.length, 3 + 4);
    assert.ok(again.changes.every((line) => line.startsWith('adopted')));
    assert.deepEqual(
      again.minions.map(({ phase, attempts }) => ({ phase, attempts })),
      [1, 2, 3].map(() => ({ phase: 'Ready', attempts: 0 })),
    );
  });

  it('makes what is missing of a cluster, and adopts the rest', async () => {
    const world = stage.world();
    const request = bringUpRequest(world.cluster);
    await stage.broughtUp(request);
    world.lose('minion-2');
    const again = await stage.broughtUp(request);
    assert.equal(world.count('create minion-2'), 2);
    assert.equal(world.count('create'), 5);
    assert.deepEqual(
      again.minions.map(({ attempts }) => attempts),
      [0, 1, 0],
    );
  });

  it('deletes surplus minions only, and after the others are ready', async () => {
    const world = stage.world();
    await stage.broughtUp(bringUpRequest(world.cluster));
    const smaller = bringUpRequest(world.cluster, { minions: 1 });
    const status = await stage.broughtUp({ ...smaller, surplus: 'delete' });
    assert.deepEqual(world.servers.map(({ name }) => name).sort(), [
      `${world.cluster}-master`,
      `${world.cluster}-minion-1`,
    ]);
    assert.equal(status.minions.length, 1);
    assert.equal(status.changes.filter((line) => line.startsWith('deleted')).length, 2);
  });
});
