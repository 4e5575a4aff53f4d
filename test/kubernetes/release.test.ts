import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { homePaths, releaseCache } from '../../home/paths.js';
import { buildRelease } from '../../release/kubernetes/build.js';
import { verifyRelease } from '../../release/kubernetes/verify.js';

/** Parts that are minutes of compiling: they are taken as they are; all others are built anew. */
const slow = /^(hyperkube|containerd|coredns|libseccomp)/;

const { cache: downloads } = homePaths(process.env);
const cache = releaseCache(process.env);
let folder: string;

before(async () => {
  await mkdir(downloads, { recursive: true });
  folder = await mkdtemp(path.join(downloads, 'test-release-'));
});
after(() => rm(folder, { recursive: true, force: true }));

it('is the same bytes when its parts are built and packed again, each as its manifest says', async () => {
  const log = (): void => undefined;
  const first = await buildRelease({ cache, log }, {}, path.join(folder, 'first.tar.gz'));
  const another = path.join(folder, 'another-cache');
  await mkdir(another);
  for (const part of await readdir(cache)) {
    if (slow.test(part)) await symlink(path.join(cache, part), path.join(another, part));
  }
  const second = await buildRelease(
    { cache: another, log },
    {},
    path.join(folder, 'second.tar.gz'),
  );
  assert.equal(second.sha256, first.sha256);
  const { manifest } = await verifyRelease(second.file);
  assert.deepEqual(Object.keys(manifest.components), [
    ...['kubernetes', 'etcd', 'containerd', 'runc', 'cni', 'coredns', 'pause', 'probe'],
  ]);
});
