import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { create } from 'tar';
import { homePaths } from '../../home/paths.js';
import { MachinesWorld, run } from '../machines/world.js';

const world = new MachinesWorld('test-salt');
const installer = fileURLToPath(new URL('install-salt', import.meta.url));
const saltVersion = '3008.3';
/** Debian 12's, which the machines have: what has compiled parts must be for it. */
const pythonVersion = '3.11';

const host = await run('python3', ['--version']);
const skip =
  process.geteuid?.() !== 0 || process.platform !== 'linux'
    ? 'needs root on Linux'
    : !host.stdout.startsWith(`Python ${pythonVersion}.`) && `needs Python ${pythonVersion}`;

/** Salt from PyPI, with all it needs; installed once, in the cache. @returns its folder */
async function installedSalt(): Promise<string> {
  const folder = path.join(homePaths(process.env).cache, `salt-${saltVersion}`);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${randomUUID()}`;
  const { code, stderr } = await run('python3', [
    ...['-m', 'pip', 'install', '--quiet', '--no-compile', '--root-user-action=ignore'],
    ...['--target', draft, `salt==${saltVersion}`],
  ]);
  if (code !== 0) {
    await rm(draft, { recursive: true, force: true });
    throw new Error(stderr);
  }
  await rename(draft, folder);
  return folder;
}

/** A release with Salt in it, and nothing else. */
async function saltRelease(): Promise<string> {
  const folder = path.join(world.home.root, 'salt-release');
  await mkdir(folder);
  for (const name of ['install-master', 'install-minion']) {
    await copyFile(installer, path.join(folder, name));
  }
  await symlink(await installedSalt(), path.join(folder, 'salt'));
  const file = `${folder}.tar.gz`;
  await create({ file, cwd: folder, follow: true, gzip: { level: 1 } }, ['.']);
  return file;
}

/** What each minion answers the master, by its name. */
async function answers<T>(call: string): Promise<Record<string, T>> {
  const text = await world.on('master', `salt --timeout=10 --out=json --static '*' ${call}`);
  return JSON.parse(text) as Record<string, T>;
}

describe('a cluster whose release is Salt', { skip, timeout: 20 * 60_000 }, () => {
  before(() => world.begin());
  after(() => world.end());

  it('has a master that sees all minions, each with role, address and pod range', async () => {
    const release = await saltRelease();
    await world.done('up', '--machines', 'linux', '--minions', '2', '--release', release);
    const names = ['kubernetes-minion-1', 'kubernetes-minion-2'];
    await world.eventually(
      'master',
      `test "$(ls /etc/salt/pki/master/minions | paste -sd' ')" = '${names.join(' ')}'`,
    );
    assert.deepEqual(
      await answers('test.ping'),
      Object.fromEntries(names.map((name) => [name, true])),
    );
    const { minions } = JSON.parse(await world.done('status', '--json')) as {
      minions: { name: string; address: string; podRange: string }[];
    };
    const grains = await answers<Record<string, unknown>>('grains.items');
    for (const { name, address, podRange } of minions) {
      const told = grains[name];
      assert.deepEqual(
        [told?.roles, told?.cluster, told?.minion_ip, told?.['cbr-cidr']],
        [['kubernetes-pool'], 'kubernetes', address, podRange],
      );
    }
    assert.equal(minions.length, 2);
  });
});
