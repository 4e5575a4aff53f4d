import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bringUpRequest, Stage } from './stage.js';

const machineTimeoutSeconds = 8;

describe('While the worker is away', { timeout: 180_000 }, () => {
  let stage: Stage;
  before(async () => (stage = await Stage.open()));
  after(() => stage.close());

  it('deadlines pass; what came up meanwhile is kept, and what did not is replaced', async () => {
    const world = stage.world();
    world.fate('minion-1', 'silent');
    world.fate('minion-2', 'silent', 'ready');
    const request = bringUpRequest(world.cluster, { minions: 2, machineTimeoutSeconds });
    const running = await stage.bringUp(request);
    while (world.count('create') < 3) await sleep(20);
    await stage.stopWorker();
    world.server('minion-1')!.report = 'ready';
    await sleep(machineTimeoutSeconds * 1000);
    await stage.startWorker();
    const status = await running.result();
    assert.deepEqual(
      status.minions.map(({ attempts, phase }) => ({ attempts, phase })),
      [1, 2].map((attempts) => ({ attempts, phase: 'Ready' })),
    );
    assert.equal(world.count('create'), 4);
  });
});
