import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { tapName } from '../../local/cloud/linux/names.js';
import { packRelease } from './release.js';
import { inNamespace, MachinesWorld, run } from './world.js';

const world = new MachinesWorld();
const skip =
  process.geteuid?.() === 0 && process.platform === 'linux' ? false : 'needs root on Linux';
const minion = 'kubernetes-minion-1';
const mebibyte = 1024 * 1024;

describe('machines whose surroundings fail them', { skip, timeout: 30 * 60_000 }, () => {
  before(async () => {
    await world.begin();
    await world.done('local', 'start', '--machines', 'linux');
  });
  afterEach(async () => {
    await (await world.cloud()).admin('DELETE', '/faults');
    await world.done('down');
  });
  after(() => world.end());

  const up = (file: string, minions: number, ...flags: string[]): ReturnType<typeof world.kubeup> =>
    world.kubeup(
      ...['up', '--machines', 'linux', '--minions', String(minions), '--release', file],
      ...['--on-failure', 'fail', ...flags],
    );
  /** Leaves time between a machine's boot and its download. */
  const delayDownloads = async (): Promise<void> => {
    await (
      await world.cloud()
    ).admin('POST', '/faults', {
      match: { method: 'GET', service: 'object-store', path: 'master-release' },
      times: 10,
      action: { delayMs: 15_000 },
    });
  };

  it('names a full disk', async () => {
    const file = await packRelease(world.home.root, 'large', 'echo installed', mebibyte);
    await delayDownloads();
    const ended = up(file, 1, '--max-replacements', '0');
    await world.untilPhase(minion, 'Booting|Downloading');
    await world.eventually(
      minion,
      'mkdir -p /opt/kubeup && mount -t tmpfs -o size=64k full /opt/kubeup',
    );
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 1, stderr);
    assert.match(stdout + stderr, /release download failed: cannot write to disk/);
  });

  it('comes up however slowly the release arrives', async () => {
    const file = await packRelease(world.home.root, 'slow', 'echo installed', mebibyte);
    await delayDownloads();
    const ended = up(file, 1);
    const id = await world.untilPhase(minion, 'Booting|Downloading');
    const cloud = await world.cloud();
    const { ports } = await cloud.call<{ ports: { id: string }[] }>(
      ...(['network', 'GET', `/ports?device_id=${id}`] as const),
    );
    const taps = ports.map((port) => tapName(port.id));
    for (const tap of taps) {
      const shape = ['rate', '50kbps', 'burst', '16k', 'latency', '1s'];
      await inNamespace(
        world.names.switch,
        ...['tc', 'qdisc', 'add', 'dev', tap, 'root', 'tbf', ...shape],
      );
    }
    const { code, stderr } = await ended;
    assert.equal(code, 0, stderr);
    // It did go by the narrow way, and was held up there.
    const shown = await Promise.all(
      taps.map((tap) => inNamespace(world.names.switch, 'tc', '-s', 'qdisc', 'show', 'dev', tap)),
    );
    const sent = [...shown.join('').matchAll(/Sent (\d+) bytes/g)].map(([, n]) => Number(n));
    assert.ok(Math.max(...sent) > mebibyte, shown.join(''));
    assert.match(shown.join(''), /overlimits [1-9]/);
    assert.equal((await world.server(minion)).id, id, 'it was not replaced');
  });

  it('comes up with a clock that is a month behind, and with a DNS that answers nothing', async () => {
    const clock = (await readFile(await fakeClock(world.home.root))).toString('base64');
    const installer = 'date +%s >/root/clock; getent hosts nowhere.invalid; echo installed';
    const file = await packRelease(world.home.root, 'past', installer);
    await delayDownloads();
    const ended = up(file, 1);
    const id = await world.untilPhase(minion, 'Booting|Downloading');
    // Machines have the host's kernel, and so its clock: here every program of the machine is told another.
    await world.eventually(
      minion,
      `set -e; base64 -d >/root/clock.so <<<'${clock}'; echo -30d >/etc/faketimerc
      echo nameserver 192.0.2.1 >/etc/resolv.conf; echo /root/clock.so >/etc/ld.so.preload`,
    );
    const { code, stderr } = await ended;
    assert.equal(code, 0, stderr);
    // Its sshd does not live with that library: its disk tells.
    const told = path.join(world.home.cloud, 'machines', id, 'upper/root/clock');
    const seconds = Number(await readFile(told, 'utf8'));
    assert.ok(seconds > 0 && seconds < Date.now() / 1000 - 29 * 86_400, `${seconds}`);
    assert.equal((await world.server(minion)).id, id, 'it was not replaced');
  });

  it('refuses a release that is not the one the cluster was asked to run', async () => {
    const file = await packRelease(world.home.root, 'right', 'echo installed', 1000);
    const { code: first, stderr: said } = await up(file, 0);
    assert.equal(first, 0, said);
    const { release } = JSON.parse(await world.done('status', '--json')) as {
      release: { reference: string; sha256: string; bytes: number };
    };
    const cloud = await world.cloud();
    await cloud.upload(release.reference, randomBytes(release.bytes), {
      'x-object-meta-sha256': release.sha256,
    });
    const { code, stdout, stderr } = await up(file, 1, '--max-replacements', '0');
    assert.equal(code, 1, stderr);
    assert.match(
      stdout + stderr,
      new RegExp(`release refused: sha256 [0-9a-f]{64}, expected ${release.sha256}`),
    );
  });
});

/** A library that tells programs another time, from Debian's package. @returns its file */
async function fakeClock(folder: string): Promise<string> {
  const { code, stderr } = await run('bash', [
    '-c',
    `cd "$0" && { apt-get -qq download libfaketime || { apt-get -qq update && apt-get -qq download libfaketime; }; } &&
    dpkg-deb -x libfaketime_*.deb faketime`,
    folder,
  ]);
  assert.equal(code, 0, stderr);
  const { stdout } = await run('find', [
    path.join(folder, 'faketime'),
    '-name',
    'libfaketime.so.1',
  ]);
  return stdout.trim();
}
