import assert from 'node:assert/strict';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { kubeconfigFor, mergeKubeconfig, writeKubeconfig } from '../../client/kubeconfig.js';

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'kubeconfig-'));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

function configOf(cluster: string): ReturnType<typeof kubeconfigFor> {
  const rootSecret = Buffer.alloc(32, 5);
  return kubeconfigFor({ cluster, api: 'https://203.0.113.1:6443', rootSecret });
}

async function clustersIn(file: string): Promise<string[]> {
  const { clusters } = parse(await readFile(file, 'utf8')) as { clusters: { name: string }[] };
  return clusters.map(({ name }) => name);
}

test('calls at the same time do not disturb each other, and leave one file, for its user alone', async (t) => {
  const file = path.join(await folder(t), 'kubeconfigs', 'c.yaml');
  const config = await configOf('c');
  await Promise.all(Array.from({ length: 20 }, () => writeKubeconfig(file, config)));
  assert.deepEqual(await clustersIn(file), ['c']);
  assert.deepEqual(await readdir(path.dirname(file)), ['c.yaml']);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('merged into what is there, by a link too: the link stays, its target is written', async (t) => {
  const home = await folder(t);
  const target = path.join(home, 'dotfiles-config');
  const link = path.join(home, 'config');
  await writeFile(
    target,
    'clusters: [{name: mine, cluster: {server: https://mine}}]\nextra: kept\n',
  );
  await symlink('dotfiles-config', link);
  await mergeKubeconfig(link, await configOf('c'));
  await mergeKubeconfig(link, await configOf('c'));
  assert.equal(await readlink(link), 'dotfiles-config');
  assert.deepEqual(await clustersIn(target), ['mine', 'c']);
  assert.match(await readFile(target, 'utf8'), /^extra: kept$/m);
  assert.deepEqual((await readdir(home)).sort(), ['config', 'dotfiles-config']);
});

test('a link to a file that is not there yet makes it', async (t) => {
  const home = await folder(t);
  await symlink(path.join('away', 'config'), path.join(home, 'config'));
  await mergeKubeconfig(path.join(home, 'config'), await configOf('c'));
  assert.deepEqual(await clustersIn(path.join(home, 'away', 'config')), ['c']);
});

test('several clusters merged at the same time are all there, and no lock stays', async (t) => {
  const home = await folder(t);
  const file = path.join(home, '.kube', 'config');
  const clusters = ['a', 'b', 'c', 'd', 'e'];
  await Promise.all(
    clusters.map(async (cluster) => mergeKubeconfig(file, await configOf(cluster))),
  );
  assert.deepEqual((await clustersIn(file)).sort(), clusters);
  assert.deepEqual(await readdir(path.dirname(file)), ['config']);
});

test('a lock that kubectl left behind is named, and nothing is written', async (t) => {
  const file = path.join(await folder(t), 'config');
  await writeFile(`${file}.lock`, '');
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(`${file}.lock`, hourAgo, hourAgo);
  await assert.rejects(
    mergeKubeconfig(file, await configOf('c')),
    new RegExp(`another program writes it: ${file}\\.lock is there.*remove`),
  );
  assert.deepEqual(await readdir(path.dirname(file)), ['config.lock']);
});

test('a file that cannot be written leaves no draft', async (t) => {
  const home = await folder(t);
  const file = path.join(home, 'taken');
  await mkdir(file);
  await assert.rejects(configOf('c').then((config) => writeKubeconfig(file, config)));
  assert.deepEqual(await readdir(home), ['taken']);
});
