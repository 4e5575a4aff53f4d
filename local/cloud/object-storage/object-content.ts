import type { ObjectRecord } from '../records.js';
import { inlineContent, ownContent, readSlices, SegmentGone } from './content.js';
import type { Content, Reader, Slice } from './content.js';
import { dynamicContent } from './dynamic-large-object.js';
import { readManifest, segmentRange, type ManifestSegment } from './manifest.js';
import type { ByteRange } from './ranges.js';

const MAX_DEPTH = 10;

/**
 * What an object reads as.
 * @param depth how many static large objects this one is a segment of
 */
export function contentOf(reader: Reader, record: ObjectRecord, depth = 0): Content {
  if (record.staticLargeObject !== undefined) return staticContent(reader, record, depth);
  if (record.headers['x-object-manifest'] !== undefined) return dynamicContent(reader, record);
  return ownContent(reader.store, record);
}

/** A static large object: the segments of its manifest, each as it was when that was written. */
function staticContent(reader: Reader, record: ObjectRecord, depth: number): Content {
  return {
    ...record.staticLargeObject!,
    headers: { 'x-static-large-object': 'True', 'x-manifest-etag': record.etag },
    kind: 'static large object',
    read: (start, end) => {
      if (depth > MAX_DEPTH) throw new SegmentGone('Static large objects are nested too deep');
      return readSlices(slices(reader, readManifest(reader.store, record), { start, end }, depth));
    },
  };
}

function* slices(
  reader: Reader,
  segments: ManifestSegment[],
  wanted: ByteRange,
  depth: number,
): Iterable<Slice> {
  let position = 0;
  for (const segment of segments) {
    const range = segmentRange(segment);
    const length = range.end - range.start;
    const start = Math.max(wanted.start - position, 0);
    const end = Math.min(wanted.end - position, length);
    position += length;
    if (start >= end) continue;
    yield {
      open: () => openSegment(reader, segment, depth),
      start: range.start + start,
      end: range.start + end,
    };
  }
}

function openSegment(reader: Reader, segment: ManifestSegment, depth: number): Content {
  if ('data' in segment) return inlineContent(Buffer.from(segment.data, 'base64'));
  const [, container = '', ...object] = segment.name.split('/');
  const name = object.join('/');
  const record = readableObject(reader, container, name);
  const content = record && contentOf(reader, record, depth + 1);
  if (content?.etag !== segment.hash || content.bytes !== segment.bytes) {
    throw new SegmentGone(`Object segment no longer valid: ${segment.name}`);
  }
  return content;
}

/** A segment; undefined when it is gone. */
function readableObject(
  { store, access }: Reader,
  container: string,
  name: string,
): ObjectRecord | undefined {
  const readAcl = store.container(container)?.metadata['x-container-read'];
  try {
    access.require({ account: store.account, container, object: name }, readAcl);
  } catch (cause) {
    throw new SegmentGone(`Segment /${container}/${name} is not the reader's`, { cause });
  }
  return store.object(container, name);
}
