import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openWorld, type Ended, type World } from './world.js';

/** A worker of a service that is down. */
const external = { KUBEUP_WORKER: 'external' };

interface ErrorDocument {
  error: { message: string };
}

describe('While no worker answers', { timeout: 600_000 }, () => {
  let world: World;
  before(async () => {
    world = await openWorld();
    assert.equal((await world.document(['up', '--minions', '1'])).code, 0);
    await world.kill('worker');
  });
  after(() => world.dispose());

  function assertOutOfTime({ code, stdout, stderr }: Ended, comeBack: RegExp): void {
    assert.equal(code, 3, stderr);
    assert.match(stderr, /does not answer|without a worker/);
    assert.match(stderr, comeBack);
    const { error } = JSON.parse(stdout) as ErrorDocument;
    assert.match(error.message, comeBack);
  }

  it('names the cure where a question is not answered', async () => {
    for (const args of [['kubectl', 'version'], ['ssh', 'master'], ['status']]) {
      const { code, stderr } = await world.kubeup(args, external);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /worker does not answer.*kubeup up starts what is down/s, args[0]);
    }
  });

  it('up, scale and retry give up in time, and say how to come back', async () => {
    for (const args of [['up', '--minions', '2'], ['scale', '--minions', '2'], ['retry']]) {
      const ended = await world.kubeup([...args, '--json', '--timeout', '7'], external);
      assertOutOfTime(ended, /kubeup status --watch/);
    }
  });

  it('down gives up in time: before the bring-up has settled', async () => {
    const down = (...args: string[]): Promise<Ended> =>
      world.kubeup(['down', ...args, '--json', '--timeout', '7'], external);
    assertOutOfTime(await down(), /has not settled yet. Go on with: kubeup down/);
  });

  it('what was begun goes on with the next worker', async () => {
    assert.equal((await world.document(['down'])).phase, 'Gone');
  });
});

describe('After a reboot', { timeout: 600_000 }, () => {
  let world: World;
  before(async () => {
    world = await openWorld();
    assert.equal((await world.document(['up', '--minions', '1'])).code, 0);
  });
  after(() => world.dispose());

  it('kubeconfig, kubectl, ssh and logs start the worker that answers them', async () => {
    const asked: [string[], RegExp][] = [
      [['kubeconfig'], /holds no Kubernetes/],
      [['kubectl', 'version'], /holds no Kubernetes/],
      [['ssh', 'minion-7'], /has no machine minion-7/],
      [['logs', 'minion-7'], /has no machine minion-7/],
    ];
    for (const [args, answer] of asked) {
      await world.kubeup(['local', 'stop']);
      const { code, stderr } = await world.kubeup(args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, answer);
    }
  });
});
