import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { proposeUpdate, searchAttributes, specQuery } from '../../workflows/interface.js';
import { conditionOf } from './conditions.js';
import { busy, quota } from './failures.js';
import { bringUpRequest, Stage } from './stage.js';

/** Events after which the server suggests a fresh history; more than the other tests make by the way. */
const longHistory = 250;

describe('A blocked bring-up', { concurrency: 4, timeout: 180_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open({ longHistory })));
  after(() => stage.close());

  for (const [activity, condition] of [
    ['preflight', 'PreflightPassed'],
    ['uploadRelease', 'ReleaseUploaded'],
    ['ensureNetwork', 'NetworkReady'],
    ['ensureKeyPair', 'KeyPairReady'],
    ['bootServer master', 'MasterReady'],
    ['bootServer minion-2', 'MinionsReady'],
    ['deleteServers', 'Verified'],
    ['verifyCluster', 'Verified'],
    ['pruneReleases', 'Verified'],
  ] as const) {
    it(`parks at ${activity} under ${condition}, and goes on at retry with nothing made twice`, async () => {
      const world = stage.world();
      world.fail(activity, quota);
      const running = await stage.bringUp(bringUpRequest(world.cluster, { minions: 2 }));
      const blocked = await stage.until(running, 'Blocked');
      const failed = blocked.conditions.filter(({ status }) => status === 'False');
      assert.deepEqual(
        failed.map(({ type, reason }) => ({ type, reason })),
        [{ type: condition, reason: 'QuotaExceeded' }],
      );
      assert.match(conditionOf(blocked, condition).message, /Quota exceeded.*Have it raised/);
      const { raw, typedSearchAttributes } = await stage.quiet(running);
      assert.deepEqual(raw.pendingChildren, []);
      assert.equal(typedSearchAttributes.get(searchAttributes.phase), 'Blocked');
      await stage.retry(running);
      const status = await running.result();
      assert.equal(status.phase, 'Ready');
      assert.ok(status.conditions.every((one) => one.status === 'True'));
      assert.equal(world.count('create'), 3);
    });
  }

  it('lets the steps beside the blocked one end before it parks', async () => {
    const world = stage.world();
    world.fail('ensureNetwork', quota);
    const upload = world.hold('uploadRelease');
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await upload.reached;
    await stage.until(running, (shown) =>
      shown.conditions.some(({ type, status }) => type === 'NetworkReady' && status === 'False'),
    );
    upload.release();
    const blocked = await stage.until(running, 'Blocked');
    assert.equal(conditionOf(blocked, 'ReleaseUploaded').status, 'True');
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('does not park for a failure that passes', async () => {
    const world = stage.world();
    world.fail('ensureNetwork', busy, busy);
    const status = await stage.broughtUp(bringUpRequest(world.cluster));
    assert.equal(status.phase, 'Ready');
    assert.equal(world.count('ensureNetwork'), 3);
  });

  it('takes an amended spec and goes on with that', async () => {
    const world = stage.world();
    world.fail('bootServer minion-3', quota);
    const request = bringUpRequest(world.cluster);
    const running = await stage.bringUp(request);
    await stage.until(running, 'Blocked');
    const smaller = bringUpRequest(world.cluster, { minions: 2, podNetwork: '10.200.0.0/16' });
    assert.equal(await running.executeUpdate(proposeUpdate, { args: [smaller] }), 'amended');
    const status = await running.result();
    assert.deepEqual(
      status.minions.map(({ podRange }) => podRange),
      ['10.200.1.0/24', '10.200.2.0/24'],
    );
    assert.equal(world.count('create'), 3);
    assert.deepEqual(await running.query(specQuery), smaller.spec);
  });

  it('goes on with the same spec as with a retry', async () => {
    const world = stage.world();
    world.fail('preflight', quota);
    const request = bringUpRequest(world.cluster);
    const running = await stage.bringUp(request);
    await stage.until(running, 'Blocked');
    assert.equal(await running.executeUpdate(proposeUpdate, { args: [request] }), 'attached');
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('does not move to another account', async () => {
    const world = stage.world();
    world.fail('preflight', quota);
    const request = bringUpRequest(world.cluster);
    const running = await stage.bringUp(request);
    await stage.until(running, 'Blocked');
    const elsewhere = bringUpRequest(world.cluster, {
      cloud: { ...request.spec.cloud, accountId: '11111111' },
    });
    await assert.rejects(
      running.executeUpdate(proposeUpdate, { args: [elsewhere] }),
      (error: unknown) =>
        error instanceof WorkflowUpdateFailedError &&
        /another account.*cloud\.accountId: 00000000 → 11111111/.test(String(error.cause?.message)),
    );
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('begins a fresh history when many retries have made the old one long', async () => {
    const world = stage.world();
    world.fail('preflight', ...Array.from({ length: 100 }, () => quota));
    const running = await stage.bringUp(bringUpRequest(world.cluster));
    await stage.until(running, 'Blocked');
    const first = await running.describe();
    for (let latest = first; latest.runId === first.runId; latest = await running.describe()) {
      await stage.retry(running);
      const { changes } = await stage.until(running, 'Blocked');
      assert.deepEqual(changes, []);
    }
    assert.equal(
      (await running.describe()).typedSearchAttributes.get(searchAttributes.phase),
      'Blocked',
    );
    world.fail('preflight');
    await stage.retry(running);
    const status = await running.result();
    assert.equal(status.phase, 'Ready');
    assert.equal(world.count('create'), 4);
    const { typedSearchAttributes } = await running.describe();
    assert.equal(typedSearchAttributes.get(searchAttributes.phase), 'Ready');
  });
});
