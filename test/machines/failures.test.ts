import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { packRelease } from './release.js';
import { MachinesWorld } from './world.js';

const world = new MachinesWorld();
const skip =
  process.geteuid?.() === 0 && process.platform === 'linux' ? false : 'needs root on Linux';

describe('machines that fail', { skip, timeout: 30 * 60_000 }, () => {
  before(async () => {
    await world.begin();
  });

  after(async () => {
    await world.end();
  });

  it('names the cause of a failed installer, with what the machine itself shows', async () => {
    const file = await packRelease(
      world.home.root,
      'fails',
      'echo "the licence server said no"; exit 7',
    );
    const { code, stdout, stderr } = await world.kubeup(
      ...['up', '--machines', 'linux', '--minions', '1', '--release', file],
      ...['--max-replacements', '0', '--on-failure', 'fail'],
    );
    assert.equal(code, 1, stderr);
    const said = stdout + stderr;
    assert.match(said, /install-minion ended with exit code 7: the licence server said no/);
    assert.match(said, /Seen on the machine:/);
    assert.match(said, /10\.240\.0\.0\/16 dev cbr0/);
    await world.done('down');
  });

  it('replaces a machine that is killed while it installs', async () => {
    const file = await packRelease(
      world.home.root,
      'slow',
      'for i in $(seq 30); do sleep 1; done; echo installed',
    );
    const up = world.kubeup(...['up', '--machines', 'linux', '--minions', '1', '--release', file]);
    const first = await world.untilPhase('kubernetes-minion-1', 'Installing');
    await world.killMachine('kubernetes-minion-1');
    const { code, stdout, stderr } = await up;
    assert.equal(code, 0, stderr);
    assert.match(stdout + stderr, /replaced kubernetes-minion-1: its server is off/);
    assert.notEqual((await world.server('kubernetes-minion-1')).id, first);
  });

  it('says so when a machine that is cut off from the network stays silent', async () => {
    await world.done('down');
    const file = await packRelease(world.home.root, 'cut', 'for i in $(seq 600); do sleep 1; done');
    const up = world.kubeup(
      ...['up', '--machines', 'linux', '--minions', '1', '--release', file],
      ...['--max-replacements', '0', '--on-failure', 'fail', '--machine-timeout', '150'],
    );
    const id = await world.untilPhase('kubernetes-minion-1', 'Installing');
    const cloud = await world.cloud();
    const { ports } = await cloud.call<{ ports: { id: string }[] }>(
      ...(['network', 'GET', `/ports?device_id=${id}`] as const),
    );
    for (const port of ports) {
      await cloud.call('network', 'PUT', `/ports/${port.id}`, { port: { admin_state_up: false } });
    }
    const { code, stdout, stderr } = await up;
    assert.equal(code, 1, stderr);
    assert.match(stdout + stderr, /not ready after 150 s: server ACTIVE, last report `installing`/);
    assert.doesNotMatch(stdout + stderr, /Seen on the machine/);
  });
});
