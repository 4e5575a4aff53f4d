import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { create } from 'tar';
import { inspectRelease } from '../../release/inspect.js';
import { clearAbandoned } from '../../release/kubernetes/build-context.js';
import { takeGivenBinaries } from '../../release/kubernetes/given-binaries.js';
import { wrapModule } from '../../release/kubernetes/go-module.js';
import { writeImageArchive } from '../../release/kubernetes/image-archive.js';
import { verifyRelease } from '../../release/kubernetes/verify.js';
import { KUBERNETES_BINARIES } from '../../release/kubernetes/versions.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kubeup-release-'));
});
after(() => rm(folder, { recursive: true }));

/** A small release whose manifest is right, then changed as told. */
async function release(name: string, change: (at: string) => Promise<void>): Promise<string> {
  const at = path.join(folder, name);
  await mkdir(path.join(at, 'bin'), { recursive: true });
  const files: Record<string, string> = {
    'install-master': '#!/bin/sh\n',
    'install-minion': '#!/bin/sh\n',
    'bin/hyperkube': 'all of it',
  };
  for (const [file, text] of Object.entries(files)) {
    await writeFile(path.join(at, file), text);
    await chmod(path.join(at, file), 0o755);
    files[file] = createHash('sha256').update(text).digest('hex');
  }
  await symlink('hyperkube', path.join(at, 'bin/kubectl'));
  const manifest = {
    name: 'kubernetes',
    version: 'v1.37.2',
    arch: 'amd64',
    components: { kubernetes: { version: 'v1.37.2', source: 'test' } },
    images: {},
    files,
  };
  await writeFile(path.join(at, 'manifest.json'), JSON.stringify(manifest));
  await change(at);
  await create({ file: `${at}.tar.gz`, cwd: at, gzip: true }, ['.']);
  return `${at}.tar.gz`;
}

test('a release that is as its manifest says is verified, and its Kubernetes is known', async () => {
  const file = await release('right', () => Promise.resolve());
  const { manifest } = await verifyRelease(file);
  assert.equal(manifest.version, 'v1.37.2');
  assert.equal((await inspectRelease(file)).kubernetes, 'v1.37.2');
});

const tamperings = {
  changed: [
    (at: string) => writeFile(path.join(at, 'bin/hyperkube'), 'evil'),
    'bin/hyperkube was changed',
  ],
  added: [(at: string) => writeFile(path.join(at, 'bin/more'), ''), 'bin/more was added'],
  missing: [(at: string) => rm(path.join(at, 'bin/hyperkube')), 'bin/hyperkube is missing'],
  unnamed: [
    (at: string) => writeFile(path.join(at, 'manifest.json'), '{}'),
    'has no manifest.json',
  ],
} as const;

for (const [name, [change, complaint]] of Object.entries(tamperings)) {
  test(`a release with a file ${name} is refused by name`, async () => {
    const file = await release(name, change);
    await assert.rejects(verifyRelease(file), (error: Error) => error.message.includes(complaint));
  });
}

test('a program of ours gets exactly the dependencies of its upstream', async () => {
  const upstream = path.join(folder, 'upstream');
  await mkdir(upstream);
  await writeFile(
    path.join(upstream, 'go.mod'),
    'module k8s.io/kubernetes\n\ngo 1.26.0\n\nrequire k8s.io/api v0.0.0\n\nreplace (\n' +
      '\tk8s.io/api => ./staging/src/k8s.io/api\n\texample.org/x => example.org/y v1.0.0\n)\n',
  );
  await writeFile(path.join(upstream, 'go.sum'), 'sums\n');
  const module = { module: 'k8s.io/kubernetes', version: 'v1.37.2', folder: upstream };
  await wrapModule('hyperkube', module, path.join(folder, 'wrapped'), 'v0.37.2');
  const goMod = await readFile(path.join(folder, 'wrapped/go.mod'), 'utf8');
  assert.equal(
    goMod,
    'module kubeup.local/hyperkube\n\ngo 1.26.0\n\nrequire k8s.io/api v0.0.0\n\nreplace (\n' +
      '\tk8s.io/api => k8s.io/api v0.37.2\n\texample.org/x => example.org/y v1.0.0\n)\n' +
      '\nrequire k8s.io/kubernetes v1.37.2\n',
  );
  assert.equal(await readFile(path.join(folder, 'wrapped/go.sum'), 'utf8'), 'sums\n');
});

test('an image is the same bytes each time', async () => {
  const program = path.join(folder, 'probe');
  await writeFile(program, 'not really a program');
  const image = { name: 'kubeup.local/probe:1', program, user: '1:1', arch: 'amd64' } as const;
  const archives = ['one.tar', 'other.tar'].map((name) => path.join(folder, name));
  for (const archive of archives) await writeImageArchive(archive, image);
  const [one, other] = await Promise.all(archives.map((archive) => readFile(archive)));
  assert.ok(one && other && one.equals(other));
  assert.ok(one.includes('kubeup.local/probe:1'));
});

test('what a killed build has left half-made goes after a day; what is finished, or being made, stays', async () => {
  const cache = path.join(folder, 'cache');
  const draft = (n: number): string =>
    `runc-0123456789abcdef.00000000-0000-4000-8000-00000000000${n}`;
  const old = [draft(1), 'stage-aaaaaa', 'runc-0123456789abcdef'];
  for (const name of [...old, draft(2)]) await mkdir(path.join(cache, name), { recursive: true });
  for (const name of old) await utimes(path.join(cache, name), 0, 0);
  await clearAbandoned({ cache, log: () => undefined });
  assert.deepEqual((await readdir(cache)).sort(), ['runc-0123456789abcdef', draft(2)]);
});

test('binaries that were built elsewhere are refused when some are missing or for another system', async () => {
  const context = { cache: folder, log: () => undefined };
  const given = path.join(folder, 'given');
  await mkdir(given);
  const take = (from: string): Promise<unknown> =>
    takeGivenBinaries(context, from, path.join(folder, 'taken'));
  await assert.rejects(take(path.join(folder, 'nowhere')), /there is no such file or folder/);
  await writeFile(path.join(given, 'kubelet'), 'text');
  await assert.rejects(take(given), /lacks kube-apiserver, .*kubectl$/);
  for (const name of KUBERNETES_BINARIES) await writeFile(path.join(given, name), 'a text, no ELF');
  await assert.rejects(take(given), /kubelet is no Linux program for amd64 or arm64/);
});
