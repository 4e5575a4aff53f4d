import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { openWorld, eventually, type World } from './world.js';

const minions = 200;
const servers = 'GET compute /servers/detail';
const mailbox = 'GET object-store /{container}';

describe(`${minions} minions`, () => {
  let world: World;
  before(async () => {
    world = await openWorld();
    await world.kubeup(['local', 'start']);
  });
  after(() => world.dispose());

  it('come up, and are watched by as many reads a tick as few would be', async () => {
    const cloud = await world.cloud();
    // The last one hangs while it builds, so that the others are watched without anything else going on.
    await cloud.admin('POST', '/machine-rules', { name: 'minion-200$', build: 60_000, times: 1 });
    const up = world.document(['up', '--minions', String(minions)]);
    await eventually(
      'all but one are ready',
      async () => {
        const { minions: shown } = await world.document(['status']);
        return shown.filter(({ phase }) => phase === 'Ready').length === minions - 1;
      },
      240,
    );
    const before = await cloud.requests();
    await sleep(10_000);
    const after = await cloud.requests();
    const reads = Object.keys(after)
      .filter((kind) => /^(GET|HEAD) /.test(kind) && after[kind] !== before[kind])
      .sort();
    assert.deepEqual(reads, [servers, mailbox]);
    const ticks = (after[servers] ?? 0) - (before[servers] ?? 0);
    const lists = (after[mailbox] ?? 0) - (before[mailbox] ?? 0);
    assert.ok(ticks >= 3, `${ticks} ticks`);
    assert.ok(Math.abs(ticks - lists) <= 1, `${ticks} lists of servers, ${lists} of the mailbox`);

    const { code, phase, minions: shown } = await up;
    assert.equal(code, 0);
    assert.equal(phase, 'Ready');
    assert.equal(shown.filter((minion) => minion.phase === 'Ready').length, minions);
    assert.equal((await cloud.contents()).servers.length, minions + 1);
  });
});
