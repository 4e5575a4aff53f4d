import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { statusQuery } from '../../workflows/interface.js';
import { conditionOf } from './conditions.js';
import { invalid, quota, revoked } from './failures.js';
import { bringUpRequest, Stage } from './stage.js';

describe('Policies for failures', { concurrency: 4, timeout: 180_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('`fail` ends the run with the failure, and keeps what was made', async () => {
    const world = stage.world();
    world.fate('master', 'error');
    const running = await stage.bringUp(bringUpRequest(world.cluster, { onFailure: 'fail' }));
    const failure = await failureOf(running);
    assert.equal(failure.type, 'MasterFailed');
    assert.match(failure.message, /No valid host was found/);
    assert.equal((failure.details?.[0] as { kind?: string }).kind, 'blocked');
    assert.equal((await running.query(statusQuery)).phase, 'Failed');
    assert.equal(world.servers.length, 1);
    assert.ok(world.network && world.keyPair && world.release);
  });

  for (const onFailure of ['hold', 'fail', 'rollback'] as const) {
    it(`with \`${onFailure}\`, invalid input ends the run before anything was made`, async () => {
      const world = stage.world();
      world.fail('preflight', invalid);
      const running = await stage.bringUp(bringUpRequest(world.cluster, { onFailure }));
      assert.equal((await failureOf(running)).type, 'ReleaseInvalid');
      assert.equal((await running.query(statusQuery)).phase, 'Failed');
      assert.deepEqual(world.calls, ['preflight']);
    });
  }

  it('`rollback` removes what this run made, and only that', async () => {
    const world = stage.world();
    world.network = { id: 'theirs', own: false };
    world.fate('minion-1', 'error');
    const running = await stage.bringUp(bringUpRequest(world.cluster, { onFailure: 'rollback' }));
    assert.equal((await failureOf(running)).type, 'MinionFailed');
    const status = await running.query(statusQuery);
    assert.equal(status.phase, 'Failed');
    assert.ok(status.changes.includes('rolled back release'));
    assert.deepEqual(world.servers, []);
    assert.deepEqual(world.network, { id: 'theirs', own: false });
    assert.equal(world.keyPair, undefined);
    assert.equal(world.release, false);
    assert.equal(world.count('deleteNetwork'), 0);
  });

  it('`rollback` leaves the cluster as it stood before the run', async () => {
    const world = stage.world();
    await stage.broughtUp(bringUpRequest(world.cluster, { minions: 1 }));
    const before = [...world.servers];
    world.fail('verifyCluster', quota);
    const running = await stage.bringUp(
      bringUpRequest(world.cluster, { minions: 3, onFailure: 'rollback' }),
    );
    assert.equal((await failureOf(running)).type, 'QuotaExceeded');
    assert.deepEqual(world.servers, before);
    assert.ok(world.network && world.keyPair && world.release);
  });

  it('`rollback` goes on past a step that fails, names it, and ends with the first cause', async () => {
    const world = stage.world();
    world.fail('verifyCluster', quota);
    world.fail('deleteKeyPair', revoked);
    const running = await stage.bringUp(bringUpRequest(world.cluster, { onFailure: 'rollback' }));
    assert.equal((await failureOf(running)).type, 'QuotaExceeded');
    const status = await running.query(statusQuery);
    assert.equal(conditionOf(status, 'KeyPairDeleted').reason, 'Unauthorized');
    assert.ok(world.keyPair);
    assert.deepEqual(world.servers, []);
    assert.equal(world.network, undefined);
    assert.equal(world.release, false);
  });
});

async function failureOf(running: Pick<WorkflowHandle, 'result'>): Promise<ApplicationFailure> {
  const error: unknown = await running.result().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
  return error.cause;
}
