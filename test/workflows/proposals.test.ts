import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { BringUpRequest } from '../../cluster/spec.js';
import { proposeUpdate, retryUpdate, specQuery } from '../../workflows/interface.js';
import { quota } from './failures.js';
import { bringUpRequest, Stage, tearDownRequest } from './stage.js';

describe('What may be asked of a run', { concurrency: 4, timeout: 180_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('takes no other spec and no retry while it runs, and lets the same spec join', async () => {
    const world = stage.world();
    world.fate('minion-1', 'silent');
    const request = bringUpRequest(world.cluster);
    const running = await stage.bringUp(request);
    const five = bringUpRequest(world.cluster, { minions: 5, minReadyMinions: 3 });
    await refuses(propose(running, five), /is BringingUp: minions: 3 → 5$/);
    const scale: BringUpRequest = { ...request, surplus: 'delete' };
    await refuses(propose(running, scale), /surplus minions: refuse → delete/);
    await refuses(running.executeUpdate(retryUpdate), /nothing to retry: .* is BringingUp/);
    assert.equal(await propose(running, request), 'attached');
    const elsewhere = { ...request.spec, release: { ...request.spec.release, file: '/b' } };
    assert.equal(await propose(running, { ...request, spec: elsewhere }), 'attached');
    await running.terminate();
  });

  it('tells one build from another', async () => {
    const world = stage.world();
    world.fate('minion-1', 'silent');
    const request: BringUpRequest = {
      ...bringUpRequest(world.cluster),
      build: { kubernetes: 'v1.37.2' },
    };
    const running = await stage.bringUp(request);
    const other: BringUpRequest = { ...request, build: { kubernetes: 'v1.36.0' } };
    await refuses(propose(running, other), /build: v1\.37\.2 → v1\.36\.0/);
    assert.equal(await propose(running, request), 'attached');
    await running.terminate();
  });

  it('goes on with the same release from where it lies now, when it was blocked', async () => {
    const world = stage.world();
    world.fail('uploadRelease', { ...quota, reason: 'ReleaseUnreadable' });
    const request = bringUpRequest(world.cluster);
    const running = await stage.bringUp(request);
    await stage.until(running, 'Blocked');
    const release = { ...request.spec.release, file: '/elsewhere' };
    const moved = { ...request, spec: { ...request.spec, release } };
    assert.equal(await propose(running, moved), 'attached');
    await running.result();
    assert.equal((await running.query(specQuery)).release.file, '/elsewhere');
  });

  it('waits for a better one when an amendment was wrong', async () => {
    const world = stage.world();
    world.fail('preflight', quota, { ...quota, kind: 'invalid', message: 'fewer than exist' });
    const request = bringUpRequest(world.cluster);
    const running = await stage.bringUp(request);
    await stage.until(running, 'Blocked');
    const wrong = bringUpRequest(world.cluster, { minions: 1, minReadyMinions: 1 });
    assert.equal(await propose(running, wrong), 'amended');
    const { conditions } = await stage.until(running, ({ phase, conditions: all }) => {
      return phase === 'Blocked' && all.some(({ message }) => message.includes('fewer than exist'));
    });
    assert.ok(conditions.length > 0);
    assert.equal(await propose(running, request), 'amended');
    assert.equal((await running.result()).phase, 'Ready');
  });

  it('takes nothing when it has ended', async () => {
    const world = stage.world();
    const request = bringUpRequest(world.cluster, { minions: 1 });
    const running = await stage.bringUp(request);
    await running.result();
    await assert.rejects(propose(running, request), WorkflowNotFoundError);
    await assert.rejects(running.executeUpdate(retryUpdate), WorkflowNotFoundError);
  });

  it('lets nobody join a run that rolls back', async () => {
    const world = stage.world();
    world.fail('verifyCluster', quota);
    const deletion = world.hold('deleteKeyPair');
    const request = bringUpRequest(world.cluster, { minions: 1, onFailure: 'rollback' });
    const running = await stage.bringUp(request);
    await deletion.reached;
    await refuses(propose(running, request), /being given up/);
    deletion.release();
    await assert.rejects(running.result(), WorkflowFailedError);
  });

  it('lets nobody join a run that was cancelled and settles', async () => {
    const world = stage.world();
    const upload = world.hold('uploadRelease', { heeds: false });
    const request = bringUpRequest(world.cluster);
    const running = await stage.bringUp(request);
    await upload.reached;
    await running.cancel();
    await upload.cancelled;
    await refuses(propose(running, request), /being given up/);
    upload.release();
    await assert.rejects(running.result(), WorkflowFailedError);
  });

  it('refuses a bring-up during a tear-down, and a retry unless that is blocked', async () => {
    const world = stage.world();
    world.network = { id: 'network', own: true };
    world.fail('deleteNetwork', quota);
    const deletion = world.hold('deleteKeyPair');
    const running = await stage.tearDown(tearDownRequest(world.cluster));
    await deletion.reached;
    await refuses(propose(running, bringUpRequest(world.cluster)), /is being torn down/);
    await refuses(running.executeUpdate(retryUpdate), /nothing to retry/);
    deletion.release();
    await stage.until(running, 'Blocked');
    await refuses(propose(running, bringUpRequest(world.cluster)), /is being torn down/);
    await stage.retry(running);
    assert.equal((await running.result()).phase, 'Gone');
    assert.equal(world.network, undefined);
  });

  function propose(
    running: Pick<WorkflowHandle, 'executeUpdate'>,
    request: BringUpRequest,
  ): Promise<'attached' | 'amended'> {
    return running.executeUpdate(proposeUpdate, { args: [request] });
  }
});

async function refuses(update: Promise<unknown>, why: RegExp): Promise<void> {
  await assert.rejects(update, (error: unknown) => {
    assert.ok(error instanceof WorkflowUpdateFailedError);
    assert.match(String(error.cause?.message), why);
    return true;
  });
}
