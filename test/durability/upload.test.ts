import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { create } from 'tar';
import { packageRoot } from '../../home/package-root.js';
import type { CloudClient } from './cloud-client.js';
import { writes } from './cloud-client.js';
import { eventually, openWorld, type World } from './world.js';

const mebibyte = 1024 * 1024;
const releaseBytes = 512 * mebibyte;
const segments = releaseBytes / (16 * mebibyte);
const puts = 'PUT object-store /{container}/{object}';

interface Listed {
  name: string;
  hash: string;
  last_modified: string;
}

describe('a release of 512 MiB', () => {
  let world: World;
  let cloud: CloudClient;
  let release: string;
  before(async () => {
    world = await openWorld();
    await world.kubeup(['local', 'start']);
    cloud = await world.cloud();
    release = await packLargeRelease(world.root);
  });
  after(() => world.dispose());

  it('goes on with the missing segments after the worker was killed', async () => {
    const up = ['up', '--minions', '1', '--release', release];
    // On a quick disk it would be over before anybody could kill anything.
    await cloud.admin('POST', '/faults', {
      match: { method: 'PUT', service: 'object-store', path: '/segments/' },
      times: segments,
      action: { delayMs: 300 },
    });
    const client = world.begin(up);
    await eventually('half of it is sent', async () => {
      return ((await cloud.requests())[puts] ?? 0) > segments / 2;
    });
    await world.kill('worker');
    client.kill('SIGKILL');
    const before = await storedSegments(cloud);
    assert.ok(before.length > 0 && before.length < segments, `${before.length} segments stored`);

    const { code, phase, release: shown } = await world.document(up);
    assert.equal(code, 0);
    assert.equal(phase, 'Ready');
    const stored = await storedSegments(cloud);
    assert.equal(stored.length, segments + 1);
    for (const segment of before) {
      assert.deepEqual(
        stored.find(({ name }) => name === segment.name),
        segment,
        'a segment that was there is not sent again',
      );
    }
    const pid = (await world.services()).worker?.pid;
    const peak = await peakMemory(pid);
    assert.ok(peak < 300 * mebibyte, `the worker's memory peaked at ${peak / mebibyte} MiB`);
    assert.equal(shown.sha256, await hashOf(createReadStream(release)));
  });

  it('is stored whole', async () => {
    const { release: shown } = await world.document(['status']);
    const hash = await hashOf(await cloud.download(shown.reference));
    assert.equal(hash, shown.sha256);
  });

  it('is not sent again', async () => {
    await cloud.admin('DELETE', '/requests');
    const up = ['up', '--minions', '1', '--release', release];
    assert.equal((await world.document(up)).phase, 'Ready');
    assert.deepEqual(writes(await cloud.requests()), {});
  });

  it('goes with all its segments', async () => {
    assert.equal((await world.document(['down'])).phase, 'Gone');
    assert.deepEqual((await cloud.contents()).objects, []);
  });
});

async function packLargeRelease(root: string): Promise<string> {
  const folder = path.join(root, 'large');
  await mkdir(folder);
  for (const name of ['install-master', 'install-minion']) {
    await copyFile(path.join(packageRoot(), 'release/sample', name), path.join(folder, name));
    await chmod(path.join(folder, name), 0o755);
  }
  // Numbered, so that no two segments are the same.
  const ballast = await open(path.join(folder, 'ballast'), 'w');
  for (let n = 0; n < releaseBytes / mebibyte; n += 1) {
    await ballast.write(Buffer.alloc(mebibyte, `${n} `));
  }
  await ballast.close();
  const file = path.join(root, 'large-release.tar.gz');
  await create({ file, cwd: folder, gzip: { level: 0 } }, [
    'install-master',
    'install-minion',
    'ballast',
  ]);
  await rm(folder, { recursive: true });
  return file;
}

async function storedSegments(cloud: CloudClient): Promise<Listed[]> {
  const [container] = (await cloud.contents()).containers;
  if (container === undefined) return [];
  const query = 'format=json&prefix=devel/kubernetes/release-';
  const listed = await cloud.call<Listed[]>('object-store', 'GET', `/${container}?${query}`);
  return listed.filter(({ name }) => name.includes('/segments/'));
}

/** Bytes of memory that the process has had at its fullest, as Linux keeps it. */
async function peakMemory(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

async function hashOf(stream: AsyncIterable<unknown>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
