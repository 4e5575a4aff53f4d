import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { inspectRelease, ReleaseFileError } from '../../release/inspect.js';
import { packSampleRelease } from '../../release/pack.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeup-test-'));
});
after(() => rm(folder, { recursive: true }));

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('the sample release is the same bytes each time', async () => {
  const first = join(folder, 'first.tar.gz');
  const second = join(folder, 'second.tar.gz');
  await packSampleRelease(first);
  for (const name of ['install-master', 'install-minion']) {
    const source = new URL(`../../release/sample/${name}`, import.meta.url);
    await utimes(source, new Date(), new Date());
  }
  await packSampleRelease(second);
  await packSampleRelease(second);
  assert.deepEqual(await readFile(second), await readFile(first));
  const left = (await readdir(folder)).filter((name) => name.startsWith('second.tar.gz.'));
  assert.deepEqual(left, []);
});

test('the sample release is what its manifest says, and its installers run', async () => {
  const file = join(folder, 'sample.tar.gz');
  await packSampleRelease(file);
  const root = join(folder, 'root');
  await mkdir(root);
  execFileSync('tar', ['-xzf', file, '-C', root]);
  const manifest = JSON.parse(await readFile(join(root, 'manifest.json'), 'utf8')) as {
    name: string;
    version: string;
    files: Record<string, string>;
  };
  assert.equal(manifest.name, 'kubeup-sample');
  assert.deepEqual(Object.keys(manifest.files), ['install-master', 'install-minion']);
  for (const [name, sum] of Object.entries(manifest.files)) {
    assert.equal(sha256(await readFile(join(root, name))), sum);
    execFileSync(join(root, name), {
      env: {
        PATH: process.env.PATH,
        KUBEUP_ROOT: root,
        KUBEUP_CLUSTER: 'c',
        KUBEUP_NAME: 'm',
        KUBEUP_RELEASE_SHA256: 'f00',
      },
    });
    const role = name.replace('install-', '');
    assert.equal(
      await readFile(join(root, 'var/lib/kubeup/sample'), 'utf8'),
      `role=${role}\ncluster=c\nrelease=f00\n`,
    );
  }
});

test('a right release is measured', async () => {
  const file = join(folder, 'right.tar.gz');
  await packSampleRelease(file);
  const bytes = await readFile(file);
  assert.deepEqual(await inspectRelease(file), { sha256: sha256(bytes), bytes: bytes.length });
});

test('a file that is no release is refused, with what would be right', async () => {
  const write = async (name: string, bytes: Buffer): Promise<string> => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  const sampleFile = join(folder, 'whole.tar.gz');
  await packSampleRelease(sampleFile);
  const sample = await readFile(sampleFile);
  const tree = join(folder, 'tree');
  await mkdir(tree);
  await writeFile(join(tree, 'install-master'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(tree, 'install-minion'), '#!/bin/sh\n', { mode: 0o644 });
  execFileSync('tar', ['-czf', join(folder, 'half.tar.gz'), '-C', tree, '.']);
  execFileSync('tar', ['-czf', join(folder, 'other.tar.gz'), '-C', folder, 'whole.tar.gz']);
  execFileSync('tar', ['-cf', join(folder, 'plain.tar'), '-C', tree, '.']);
  const refused: [string, RegExp][] = [
    [join(folder, 'missing'), /there is no such file/],
    [tree, /must be a file/],
    [await write('empty', Buffer.alloc(0)), /is empty/],
    [await write('text', Buffer.from('hello')), /gzip tar/],
    [join(folder, 'plain.tar'), /gzip tar/],
    [await write('text.gz', gzipSync('hello '.repeat(1000))), /gzip tar/],
    [await write('cut.tar.gz', sample.subarray(0, sample.length / 2)), /gzip tar/],
    [join(folder, 'other.tar.gz'), /install-master and install-minion are not there/],
    [join(folder, 'half.tar.gz'), /install-minion is not there/],
  ];
  for (const [file, message] of refused) {
    await assert.rejects(inspectRelease(file), (error: unknown) => {
      assert.ok(error instanceof ReleaseFileError);
      assert.equal(error.field, 'release');
      assert.equal(error.value, file);
      assert.match(error.message, message);
      return true;
    });
  }
});

test('a large release is inspected in constant memory', async () => {
  const tree = join(folder, 'large');
  await mkdir(tree);
  for (const name of ['install-master', 'install-minion']) {
    await writeFile(join(tree, name), '#!/bin/sh\n', { mode: 0o755 });
  }
  const filling = createWriteStream(join(tree, 'filling'));
  createReadStream('/dev/urandom', { end: 128 * 1024 * 1024 - 1 }).pipe(filling);
  await once(filling, 'close');
  const file = join(folder, 'large.tar.gz');
  execFileSync('bash', ['-c', 'tar -c -C "$1" . | gzip -1 >"$2"', 'bash', tree, file]);
  await rm(tree, { recursive: true });
  const module = new URL('../../release/inspect.ts', import.meta.url).href;
  const program =
    `import { inspectRelease } from ${JSON.stringify(module)};` +
    `const found = await inspectRelease(${JSON.stringify(file)});` +
    'console.log(JSON.stringify({ ...found, peakKiB: process.resourceUsage().maxRSS }));';
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  const found = JSON.parse(output) as { sha256: string; bytes: number; peakKiB: number };
  assert.equal(found.bytes, (await stat(file)).size);
  const sum = execFileSync('sha256sum', [file]).toString().slice(0, 64);
  assert.equal(found.sha256, sum);
  // Far less than the file; a bare process with the compiler takes about 100 MiB of it.
  assert.ok(found.peakKiB < 180 * 1024, `peak ${found.peakKiB} KiB`);
});
