import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '../../cluster/observation.js';
import { StatusBoard } from '../../workflows/status-board.js';
import { quota } from './failures.js';
import { bringUpRequest } from './stage.js';

const { spec } = bringUpRequest('c', { minions: 2 });

function seen(change: Partial<Observation>): Observation {
  return {
    role: 'minion',
    index: 1,
    serverId: 's1',
    bootId: 'b1',
    serverStatus: 'ACTIVE',
    address: '192.168.0.11',
    ...change,
  };
}

describe('StatusBoard', () => {
  let board: StatusBoard;
  let shown: number;

  beforeEach(() => {
    shown = 0;
    board = new StatusBoard('c', 'BringingUp', () => (shown += 1));
    board.plan(spec);
  });

  it('shows every machine of the spec before any is made', () => {
    const { master, minions, release } = board.snapshot();
    assert.deepEqual(
      [master, ...minions].map(({ name, phase }) => ({ name, phase })),
      ['c-master', 'c-minion-1', 'c-minion-2'].map((name) => ({ name, phase: 'Pending' })),
    );
    assert.deepEqual(
      minions.map(({ podRange }) => podRange),
      ['10.240.1.0/24', '10.240.2.0/24'],
    );
    assert.equal(release.reference, 'releases/devel/c/release-aaaaaaaaaaaa/master-release.tar.gz');
  });

  it('keeps what is known of a minion when the spec changes, and its range is the new one', () => {
    board.see([seen({ report: 'ready' }), seen({ index: 2, serverId: 's2' })]);
    board.plan({ ...spec, minions: 1, podNetwork: '10.200.0.0/16' });
    const [only, ...others] = board.snapshot().minions;
    assert.deepEqual(others, []);
    assert.equal(only?.id, 's1');
    assert.equal(only.phase, 'Ready');
    assert.equal(only.podRange, '10.200.1.0/24');
  });

  it('hides no successor behind the last word on a replaced server', () => {
    board.see([seen({}), seen({ serverStatus: 'LOST' })]);
    assert.equal(board.snapshot().minions[0]?.phase, 'Failed');
    board.see([seen({ serverId: 's2' }), seen({ serverStatus: 'LOST' })]);
    assert.equal(board.snapshot().minions[0]?.id, 's2');
    assert.equal(board.snapshot().minions[0]?.phase, 'Booting');
  });

  it('takes no notice of machines beyond the spec', () => {
    board.see([seen({ index: 3 })]);
    board.conclude(3, { serverId: 's3' });
    assert.equal(board.snapshot().minions.length, 2);
  });

  it('has the last word on a machine, and keeps what a failure does not tell', () => {
    board.see([seen({})]);
    board.conclude(1, { failure: quota });
    assert.deepEqual(board.snapshot().minions[0], {
      name: 'c-minion-1',
      id: 's1',
      address: '192.168.0.11',
      phase: 'Failed',
      message: quota.message,
      podRange: '10.240.1.0/24',
      attempts: 0,
    });
    board.conclude(1, { serverId: 's2', address: '192.168.0.12', attempts: 2 });
    const [minion] = board.snapshot().minions;
    assert.deepEqual(
      [minion?.id, minion?.address, minion?.phase, minion?.message, minion?.attempts],
      ['s2', '192.168.0.12', 'Ready', '', 2],
    );
    board.conclude(0, { serverId: 'm', address: '192.168.0.10' });
    assert.equal(board.snapshot().master.phase, 'Ready');
  });

  it('has one condition of each type, since its status or reason last changed', async () => {
    const since = (): string | undefined => board.snapshot().conditions[0]?.since;
    board.set('NetworkReady', 'Unknown', 'Creating', '');
    const first = since();
    await sleep(5);
    board.set('NetworkReady', 'Unknown', 'Creating', 'still');
    assert.deepEqual(board.snapshot().conditions, [
      {
        type: 'NetworkReady',
        status: 'Unknown',
        reason: 'Creating',
        message: 'still',
        since: first,
      },
    ]);
    board.fail('NetworkReady', quota);
    assert.notEqual(since(), first);
    assert.equal(board.snapshot().conditions.length, 1);
    assert.equal(board.snapshot().conditions[0]?.reason, 'QuotaExceeded');
    board.clear('NetworkReady');
    assert.deepEqual(board.snapshot().conditions, []);
  });

  it('is shown at every change of phase, condition and machine', () => {
    board.enter('Blocked');
    board.set('NetworkReady', 'True', 'Done', '');
    board.see([seen({})]);
    board.conclude(1, {});
    assert.equal(shown, 4);
    assert.equal(board.phase, 'Blocked');
  });
});
