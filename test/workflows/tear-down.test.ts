import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { statusQuery } from '../../workflows/interface.js';
import { conditionOf } from './conditions.js';
import { quota, revoked } from './failures.js';
import { bringUpRequest, Stage, tearDownRequest } from './stage.js';

describe('tearDownCluster', { concurrency: 4, timeout: 180_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('removes what kubeup made in reverse order', async () => {
    const world = stage.world();
    await stage.broughtUp(bringUpRequest(world.cluster));
    const first = world.calls.length;
    const status = await (await stage.tearDown(tearDownRequest(world.cluster))).result();
    assert.equal(status.phase, 'Gone');
    assert.ok(status.conditions.every((one) => one.status === 'True'));
    assert.equal(status.changes.length, 4 + 3);
    assert.deepEqual(world.calls.slice(first), [
      'deleteServers',
      'deleteKeyPair',
      'deleteNetwork',
      'deleteRelease',
      'deleteServers',
    ]);
    assert.deepEqual(world.servers, []);
  });

  it('leaves what is not kubeup’s, and is content when there is nothing', async () => {
    const world = stage.world();
    world.network = { id: 'theirs', own: false };
    world.keyPair = { own: false };
    const status = await (await stage.tearDown(tearDownRequest(world.cluster))).result();
    assert.equal(status.phase, 'Gone');
    assert.deepEqual(status.changes, []);
    assert.deepEqual(world.network, { id: 'theirs', own: false });
    assert.deepEqual(world.keyPair, { own: false });
  });

  it('begins once more when a server came late', async () => {
    const world = stage.world();
    await stage.broughtUp(bringUpRequest(world.cluster, { minions: 1 }));
    const late = world.server('minion-1')!;
    const release = world.hold('deleteRelease');
    const running = await stage.tearDown(tearDownRequest(world.cluster));
    await release.reached;
    world.servers = [late];
    release.release();
    assert.equal((await running.result()).phase, 'Gone');
    assert.deepEqual(world.servers, []);
    assert.equal(world.count('deleteKeyPair'), 2);
  });

  for (const activity of ['deleteServers', 'deleteKeyPair', 'deleteNetwork', 'deleteRelease']) {
    it(`parks at ${activity} and goes on at retry`, async () => {
      const world = stage.world();
      await stage.broughtUp(bringUpRequest(world.cluster, { minions: 1 }));
      world.fail(activity, quota);
      const running = await stage.tearDown(tearDownRequest(world.cluster));
      const blocked = await stage.until(running, 'Blocked');
      assert.equal(blocked.conditions.filter(({ status }) => status === 'False').length, 1);
      await stage.retry(running);
      assert.equal((await running.result()).phase, 'Gone');
      assert.ok(!world.servers.length && !world.network && !world.keyPair && !world.release);
    });
  }

  it('names the cause when the last look for servers fails', async () => {
    const world = stage.world();
    const release = world.hold('deleteRelease');
    const running = await stage.tearDown(tearDownRequest(world.cluster));
    await release.reached;
    world.fail('deleteServers', quota);
    release.release();
    const blocked = await stage.until(running, 'Blocked');
    assert.equal(conditionOf(blocked, 'ServersDeleted').reason, 'QuotaExceeded');
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Gone');
  });

  it('with `fail`, ends with the failure', async () => {
    const world = stage.world();
    world.fail('deleteNetwork', quota);
    const running = await stage.tearDown(tearDownRequest(world.cluster, 'fail'));
    await assert.rejects(
      running.result(),
      (error: unknown) =>
        error instanceof WorkflowFailedError &&
        error.cause instanceof ApplicationFailure &&
        error.cause.type === 'QuotaExceeded',
    );
    assert.equal((await running.query(statusQuery)).phase, 'Failed');
  });

  it('names no cure that would bring the cluster up again', async () => {
    const world = stage.world();
    const cured = { ...revoked, cure: 'Check OS_PASSWORD, then run `kubeup up` again' };
    world.fail('deleteServers', cured);
    const parked = await stage.tearDown(tearDownRequest(world.cluster));
    const blocked = await stage.until(parked, 'Blocked');
    assert.match(
      conditionOf(blocked, 'ServersDeleted').message,
      /Check OS_PASSWORD, then run `kubeup retry`/,
    );
    await stage.retry(parked);
    await parked.result();
    world.fail('deleteServers', { ...quota, cure: 'Ask the provider, then `kubeup retry`' });
    const failing = await stage.tearDown(tearDownRequest(world.cluster, 'fail'));
    const cure = /Ask the provider, then `kubeup down` again$/;
    await assert.rejects(failing.result(), (error: WorkflowFailedError) =>
      (error.cause?.message ?? '').endsWith('Ask the provider, then `kubeup down` again'),
    );
    const failed = await failing.query(statusQuery);
    assert.match(conditionOf(failed, 'ServersDeleted').message, cure);
  });

  it('is cancelled while it works and while it is parked', async () => {
    const world = stage.world();
    const deletion = world.hold('deleteServers');
    const working = await stage.tearDown(tearDownRequest(world.cluster));
    await deletion.reached;
    await working.cancel();
    await assert.rejects(working.result(), WorkflowFailedError);
    assert.equal((await working.query(statusQuery)).phase, 'Cancelled');
    deletion.release();
    world.fail('deleteServers', quota);
    const parked = await stage.tearDown(tearDownRequest(world.cluster));
    await stage.until(parked, 'Blocked');
    await parked.cancel();
    await assert.rejects(parked.result(), WorkflowFailedError);
    assert.equal((await parked.query(statusQuery)).phase, 'Cancelled');
  });
});
