import assert from 'node:assert/strict';
import { rename, truncate } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import type { Dependencies } from '../../activities/context.js';
import { deleteRelease, pruneReleases, uploadRelease } from '../../activities/release.js';
import { releaseObject, segmentName } from '../../cluster/names.js';
import type { ClusterSpec } from '../../cluster/spec.js';
import { failureOf } from '../cloud/calls.js';
import { localCloud, misbehave, withRelease } from './local-cloud.js';

const mebibyte = 1024 * 1024;
/** Five segments and a bit. */
const sixSegments = Buffer.alloc(5 * 16 * mebibyte + 1, 7);
/** What the cloud is asked for its abilities by. */
const info = { service: 'object-store', method: 'GET', path: '^/(info)?$' };
const small = Buffer.from('a small release');

async function namesIn({ cloud }: Dependencies, { release }: ClusterSpec): Promise<string[]> {
  const objects = await cloud.objectStorage.listObjects(release.container, '');
  return objects.map(({ name }) => name);
}

test('a release is sent once, and then known by what is in the container', async (t) => {
  const { dependencies, server, ...scene } = await localCloud(t);
  const spec = await withRelease(t, scene.spec, small);
  const { sha256, container } = spec.release;
  assert.deepEqual(await uploadRelease(dependencies, spec), { made: true, segmentsSent: 1 });
  const object = releaseObject('c', sha256);
  assert.deepEqual(await namesIn(dependencies, spec), [object, segmentName('c', sha256, 0)]);
  const text = await dependencies.cloud.objectStorage.readText(container, object, 100);
  assert.equal(text, small.toString());

  // The file is needed no more.
  await rename(spec.release.file, `${spec.release.file}.moved`);
  const before = server.cloud.counts.all();
  assert.deepEqual(await uploadRelease(dependencies, spec), { made: false, segmentsSent: 0 });
  const puts = (counts: Record<string, number>): [string, number][] =>
    Object.entries(counts).filter(([kind]) => kind.startsWith('PUT'));
  assert.deepEqual(puts(server.cloud.counts.all()), puts(before));
});

test('after the first failure nothing more is sent, and nothing is left under way', async (t) => {
  const { dependencies, ...scene } = await localCloud(t);
  const spec = await withRelease(t, scene.spec, sixSegments);
  const match = { service: 'object-store', method: 'PUT' };
  // Three are under way when the first one is refused.
  await misbehave(scene.server, {
    match: { ...match, path: '/segments/0000$' },
    action: { status: 507, delayMs: 200 },
  });
  await misbehave(scene.server, {
    match: { ...match, path: '/segments/000[123]$' },
    times: 3,
    action: { delayMs: 1_000 },
  });
  const failure = await failureOf(uploadRelease(dependencies, spec));
  assert.equal(failure.status, 507);
  await sleep(1_500);
  assert.deepEqual(await namesIn(dependencies, spec), []);

  await scene.server.admin('DELETE', '/faults');
  assert.deepEqual(await uploadRelease(dependencies, spec), { made: true, segmentsSent: 6 });
});

test('segments that arrived before a failure are not sent again', async (t) => {
  const { dependencies, server, ...scene } = await localCloud(t);
  const spec = await withRelease(t, scene.spec, sixSegments);
  const match = { service: 'object-store', method: 'PUT', path: 'master-release' };
  await misbehave(server, { match, action: { status: 503 } });
  assert.equal((await failureOf(uploadRelease(dependencies, spec))).status, 503);
  const { cloud } = dependencies;
  await cloud.objectStorage.deleteObject(
    spec.release.container,
    segmentName('c', spec.release.sha256, 4),
  );
  assert.deepEqual(await uploadRelease(dependencies, spec), { made: true, segmentsSent: 1 });
});

test('a release is cut into no more segments than the cloud takes', async (t) => {
  const { dependencies, server, ...scene } = await localCloud(t);
  const spec = await withRelease(t, scene.spec, sixSegments);
  await misbehave(server, {
    match: info,
    action: { status: 200, body: { swift: {}, slo: { max_manifest_segments: 2 } } },
  });
  assert.deepEqual(await uploadRelease(dependencies, spec), { made: true, segmentsSent: 2 });
});

test('a cloud without large objects is told of before anything is sent', async (t) => {
  const { dependencies, server, ...scene } = await localCloud(t);
  const spec = await withRelease(t, scene.spec, small);
  await misbehave(server, {
    match: info,
    action: { status: 200, body: { swift: {} } },
  });
  const failure = await failureOf(uploadRelease(dependencies, spec));
  assert.deepEqual([failure.kind, failure.reason], ['blocked', 'LargeObjectsUnsupported']);
  assert.deepEqual(await namesIn(dependencies, spec), []);
});

test('a file that has changed is not sent', async (t) => {
  const { dependencies, ...scene } = await localCloud(t);
  const spec = await withRelease(t, scene.spec, small);
  await truncate(spec.release.file, 3);
  const failure = await failureOf(uploadRelease(dependencies, spec));
  assert.deepEqual([failure.kind, failure.reason], ['blocked', 'ReleaseChanged']);
  assert.deepEqual(await namesIn(dependencies, spec), []);
});

test("pruning leaves this release, deleting takes all that is kubeup's, a user's object stays", async (t) => {
  const { dependencies, ...scene } = await localCloud(t);
  const { objectStorage } = dependencies.cloud;
  const older = await withRelease(t, scene.spec, Buffer.from('older'));
  const spec = await withRelease(t, scene.spec, small);
  const { container } = spec.release;
  await uploadRelease(dependencies, older);
  await uploadRelease(dependencies, spec);
  const pruned = await pruneReleases(dependencies, spec);
  assert.deepEqual(pruned.deleted, [
    releaseObject('c', older.release.sha256),
    segmentName('c', older.release.sha256, 0),
  ]);
  assert.equal((await namesIn(dependencies, spec)).length, 2);

  const body = { open: () => Buffer.alloc(0), bytes: 0, md5: 'd41d8cd98f00b204e9800998ecf8427e' };
  await objectStorage.putObject(container, 'mine', body, { contentType: 'text/plain' });
  await deleteRelease(dependencies, { cluster: 'c', container });
  assert.deepEqual(await namesIn(dependencies, spec), ['mine']);
  await objectStorage.deleteObject(container, 'mine');
  const { deleted } = await deleteRelease(dependencies, { cluster: 'c', container });
  assert.deepEqual(deleted, [container]);
  assert.equal(await objectStorage.headContainer(container), undefined);
  assert.deepEqual(await deleteRelease(dependencies, { cluster: 'c', container }), { deleted: [] });
});

test('a deletion that fails leaves none going on behind it', async (t) => {
  const { dependencies, ...scene } = await localCloud(t);
  const spec = await withRelease(t, scene.spec, sixSegments);
  await uploadRelease(dependencies, spec);
  const match = { service: 'object-store', method: 'DELETE' };
  await misbehave(scene.server, {
    match: { ...match, path: '/segments/0000$' },
    action: { status: 503 },
  });
  await misbehave(scene.server, {
    match: { ...match, path: '/segments/000[123]$' },
    times: 3,
    action: { delayMs: 500 },
  });
  const request = { cluster: 'c', container: spec.release.container };
  assert.equal((await failureOf(deleteRelease(dependencies, request))).status, 503);
  const { sha256 } = spec.release;
  const left = [0, 4, 5].map((n) => segmentName('c', sha256, n));
  assert.deepEqual(await namesIn(dependencies, spec), left);
  await sleep(300);
  assert.deepEqual(await namesIn(dependencies, spec), left);
  await deleteRelease(dependencies, request);
  assert.deepEqual(await namesIn(dependencies, spec), []);
});
