import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openWorld, type Ended, type World } from './world.js';

/** A worker of a service that is down. */
const external = { KUBEUP_WORKER: 'external' };

interface ErrorDocument {
  error: { message: string };
}

describe('A cluster that stands, while no worker answers', { timeout: 600_000 }, () => {
  let world: World;
  before(async () => {
    world = await openWorld();
    assert.equal((await world.document(['up', '--minions', '1'])).code, 0);
  });
  after(() => world.dispose());

  function assertOutOfTime({ code, stdout, stderr }: Ended, comeBack: RegExp): void {
    assert.equal(code, 3, stderr);
    assert.match(stderr, /does not answer|without a worker/);
    assert.match(stderr, comeBack);
    const { error } = JSON.parse(stdout) as ErrorDocument;
    assert.match(error.message, comeBack);
  }

  /** Each waits for as long as it may, so all do at once. */
  function together(...commands: string[][]): Promise<Ended[]> {
    return Promise.all(commands.map((args) => world.kubeup(args, external)));
  }

  const inTime = ['--json', '--timeout', '7'];

  it('kubeconfig, kubectl, ssh and logs start the worker that answers them, after a reboot', async () => {
    const asked: [string[], RegExp][] = [
      // As `kubeconfig` does, and `logs`.
      [['kubectl', 'version'], /holds no Kubernetes/],
      [['ssh', 'minion-7'], /has no machine minion-7/],
    ];
    for (const [args, answer] of asked) {
      await world.kubeup(['local', 'stop']);
      const { code, stderr } = await world.kubeup(args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, answer);
    }
    await world.kill('worker');
  });

  it('names the cure where a question is not answered', async () => {
    for (const { code, stderr } of await together(
      ['kubectl', 'version'],
      ['ssh', 'master'],
      ['status'],
    )) {
      assert.equal(code, 1, stderr);
      assert.match(stderr, /worker does not answer.*kubeup up starts what is down/s);
    }
  });

  it('up, scale and retry give up in time, and say how to come back', async () => {
    const [up] = await together(['up', '--minions', '2', ...inTime]);
    const ended = await together(['scale', '--minions', '2', ...inTime], ['retry', ...inTime]);
    for (const one of [up!, ...ended]) assertOutOfTime(one, /kubeup status --watch/);
  });

  it('down gives up in time: before the bring-up has settled, and before it could look', async () => {
    const [unsettled, other] = await together(['down', ...inTime], ['down', 'other', ...inTime]);
    assertOutOfTime(unsettled!, /has not settled yet. Go on with: kubeup down/);
    assertOutOfTime(other!, /Come back with: kubeup status other --watch/);
  });

  it('what was begun goes on with the next worker', async () => {
    assert.equal((await world.document(['down'])).phase, 'Gone');
  });
});

describe('With --json', { timeout: 600_000 }, () => {
  let world: World;
  before(async () => (world = await openWorld()));
  after(() => world.dispose());

  it('down prints its document where there is nothing to remove', async () => {
    const { code, cluster, phase, changes } = await world.document(['down', 'nothing']);
    assert.deepEqual(
      { code, cluster, phase, changes },
      { code: 0, cluster: 'nothing', phase: 'Gone', changes: [] },
    );
  });

  it('what is detached prints its document', async () => {
    const up = await world.document(['up', '--minions', '1', '--detach']);
    assert.equal(up.code, 0);
    await world.kubeup(['status', '--watch']);
    const scale = await world.document(['scale', '--minions', '2', '--detach']);
    assert.equal(scale.code, 0);
    assert.equal(scale.minions.length, 2);
    await world.kubeup(['status', '--watch']);
    const down = await world.document(['down', '--detach']);
    assert.equal(down.code, 0);
    assert.match(down.phase, /TearingDown|Gone/);
    assert.notEqual(down.workflow.runId, scale.workflow.runId);
    await world.kubeup(['status', '--watch']);
    // Parks at once: no release is there.
    const blocked = ['up', '--minions', '1', '--image', 'none'];
    assert.equal((await world.document(blocked)).code, 3);
    const retry = await world.document(['retry', '--detach']);
    assert.equal(retry.code, 0);
    assert.equal(retry.cluster, 'kubernetes');
  });
});
