import { createReadStream } from 'node:fs';
import { KubeupError } from '../cluster/errors.js';
import {
  containerMark,
  releaseObject,
  releasePrefix,
  reportsPrefix,
  segmentName,
  segmentsPrefix,
} from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import type { UploadProgress } from '../cluster/upload-progress.js';
import { heartbeat } from './as-activity.js';
import type { Dependencies } from './context.js';
import { fewAtATime } from './few-at-a-time.js';
import { digestFile, segmentBytesFor, type FileSegment } from './file-segments.js';
import { ensureTempUrlKey } from './temp-url-key.js';

const contentType = 'application/gzip';

/**
 * Puts the release into the container as a static large object, and sees to it that URLs can be signed.
 * What is in the container already, by MD5, is not sent again: not the whole, not one segment.
 */
export async function uploadRelease(
  dependencies: Dependencies,
  spec: Pick<ClusterSpec, 'name' | 'release'>,
): Promise<{ made: boolean; segmentsSent: number }> {
  const { objectStorage } = dependencies.cloud;
  const { container, sha256, bytes, file } = spec.release;
  await ensureTempUrlKey(dependencies);
  if (await isStored(dependencies, spec)) return { made: false, segmentsSent: 0 };
  const segmentBytes = segmentBytesFor(bytes, await mostSegments(dependencies));
  if (!(await objectStorage.headContainer(container))) {
    await objectStorage.createContainer(container, { [containerMark]: spec.name });
  }

  const digest = await digestFile(file, segmentBytes);
  if (digest.sha256 !== sha256) throw releaseChanged(file);
  const named = digest.segments.map((segment, n) => ({
    ...segment,
    name: segmentName(spec.name, sha256, n),
  }));
  const listed = await objectStorage.listObjects(container, segmentsPrefix(spec.name, sha256));
  const stored = new Map(listed.map(({ name, etag }) => [name, etag]));
  const missing = named.filter(({ name, md5 }) => stored.get(name) !== md5);

  const progress = new Progress(bytes, named.length, missing);
  await fewAtATime(missing, async (segment, signal) => {
    await objectStorage.putObject(
      container,
      segment.name,
      {
        open: () => openSegment(file, segment),
        bytes: segment.bytes,
        md5: segment.md5,
      },
      { contentType: 'application/octet-stream' },
      { signal, onProgress: (sent) => progress.sent(segment.name, sent) },
    );
    progress.done(segment.name, segment.bytes);
  });
  await objectStorage.putLargeObject(
    container,
    releaseObject(spec.name, sha256),
    named.map(({ name, md5, bytes: size }) => ({ name, etag: md5, bytes: size })),
    { contentType, metadata: { sha256 } },
  );
  return { made: true, segmentsSent: missing.length };
}

/** Whether the whole release is in the container: then its file is not needed. */
export async function isStored(
  { cloud }: Dependencies,
  { name, release }: Pick<ClusterSpec, 'name' | 'release'>,
): Promise<boolean> {
  const { container, sha256, bytes } = release;
  const object = releaseObject(name, sha256);
  const existing = await cloud.objectStorage.headObject(container, object);
  return existing?.bytes === bytes && existing.metadata.sha256 === sha256;
}

/** How many segments one large object may have. @throws KubeupError when there are no large objects */
export async function mostSegments({ cloud }: Dependencies): Promise<number> {
  const { maxSegments } = await cloud.objectStorage.capabilities();
  if (maxSegments > 0) return maxSegments;
  throw new KubeupError({
    kind: 'blocked',
    reason: 'LargeObjectsUnsupported',
    attempted: 'look for large objects',
    message: 'the object storage has no static large objects',
    cure: 'Ask the provider to enable the slo middleware, then `kubeup retry`',
  });
}

/** Deletes the cluster's releases of another hash, segments of interrupted uploads included. */
export async function pruneReleases(
  dependencies: Dependencies,
  spec: ClusterSpec,
): Promise<{ deleted: string[] }> {
  const keep = releaseObject(spec.name, spec.release.sha256).replace(/[^/]*$/, '');
  return deleteUnder(
    dependencies,
    spec.release.container,
    releasePrefix(spec.name),
    (name) => !name.startsWith(keep),
  );
}

/**
 * Deletes what kubeup stored for the cluster (releases, segments, reports), then the container when kubeup
 * made it and nothing else is in it. With `sha256` only that release goes.
 */
export async function deleteRelease(
  dependencies: Dependencies,
  request: { cluster: string; container: string; sha256?: string },
): Promise<{ deleted: string[] }> {
  const { cluster, container, sha256 } = request;
  const { objectStorage } = dependencies.cloud;
  const prefix = sha256
    ? releaseObject(cluster, sha256).replace(/[^/]*$/, '')
    : releasePrefix(cluster);
  const { deleted } = await deleteUnder(dependencies, container, prefix, () => true);
  if (!sha256) {
    const reports = await deleteUnder(dependencies, container, reportsPrefix(cluster), () => true);
    deleted.push(...reports.deleted);
  }
  const head = await objectStorage.headContainer(container);
  const left = head && (await objectStorage.listObjects(container, ''));
  if (head?.metadata[containerMark] && left?.length === 0) {
    await objectStorage.deleteContainer(container);
    deleted.push(container);
  }
  return { deleted };
}

async function deleteUnder(
  { cloud }: Dependencies,
  container: string,
  prefix: string,
  select: (name: string) => boolean,
): Promise<{ deleted: string[] }> {
  const listed = await cloud.objectStorage.listObjects(container, prefix);
  const names = listed.map(({ name }) => name).filter(select);
  // Manifests sort before their segments; deleting them first never leaves one that points at nothing.
  const manifests = names.filter((name) => !name.includes('/segments/'));
  const segments = names.filter((name) => name.includes('/segments/'));
  for (const group of [manifests, segments]) {
    await fewAtATime(group, (name) => cloud.objectStorage.deleteObject(container, name));
  }
  return { deleted: names };
}

function openSegment(file: string, { start, bytes }: FileSegment): NodeJS.ReadableStream {
  return createReadStream(file, { start, end: start + bytes - 1 });
}

/** Adds up what is stored and what is on its way, for the heartbeat. */
class Progress {
  private readonly sending = new Map<string, number>();
  private stored: number;
  private segments: number;

  constructor(
    private readonly total: number,
    count: number,
    missing: readonly { bytes: number }[],
  ) {
    this.stored = total - missing.reduce((sum, segment) => sum + segment.bytes, 0);
    this.segments = count - missing.length;
    this.report();
  }

  sent(name: string, bytes: number): void {
    this.sending.set(name, bytes);
    this.report();
  }

  done(name: string, bytes: number): void {
    this.sending.delete(name);
    this.stored += bytes;
    this.segments += 1;
    this.report();
  }

  private report(): void {
    const underWay = [...this.sending.values()].reduce((sum, bytes) => sum + bytes, 0);
    heartbeat({
      bytesDone: this.stored + underWay,
      bytesTotal: this.total,
      segments: this.segments,
    } satisfies UploadProgress);
  }
}

function releaseChanged(file: string): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'ReleaseChanged',
    attempted: `upload release ${file}`,
    message: 'the file is not the one the bring-up began with (its sha256 differs)',
    cure: 'Run `kubeup up` again with the file as it is now',
  });
}
