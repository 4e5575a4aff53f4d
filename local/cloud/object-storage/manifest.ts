import { textFault } from './faults.js';
import type { ObjectStore } from './object-store.js';
import type { ObjectRecord } from '../records.js';
import { quote } from './percent-encoding.js';
import { pythonJson } from './python-json.js';
import { parseRanges, satisfiableRanges, type ByteRange } from './ranges.js';

export const MAX_SEGMENTS = 1000;
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** One segment as a stored manifest has it, in Swift's own field names. */
export type ManifestSegment = StoredSegment | { data: string };

export interface StoredSegment {
  /** `/container/object` */
  name: string;
  bytes: number;
  hash: string;
  content_type: string;
  last_modified: string;
  /** `first-last` */
  range?: string;
  sub_slo?: boolean;
}

/** One segment as a client wants it. */
export type WantedSegment = PathSegment | { data: string };

export interface PathSegment {
  path: string;
  etag?: string | null;
  size_bytes?: number | null;
  range?: string;
}

/** The segments of a static large object. */
export function readManifest({ files }: ObjectStore, record: ObjectRecord): ManifestSegment[] {
  return record.file === null ? [] : (JSON.parse(files.readText(record.file)) as ManifestSegment[]);
}

/** A manifest as it could be put again. */
export function manifestAsPut(segments: ManifestSegment[]): string {
  return pythonJson(
    segments.map((segment) =>
      'data' in segment
        ? segment
        : {
            etag: segment.hash,
            path: segment.name,
            range: segment.range,
            size_bytes: segment.bytes,
          },
    ),
  );
}

/** Which bytes of its object a segment is. */
export function segmentRange(segment: ManifestSegment): ByteRange {
  if ('data' in segment) return { start: 0, end: Buffer.byteLength(segment.data, 'base64') };
  const match = /^(\d+)-(\d+)$/.exec(segment.range ?? '');
  return match === null
    ? { start: 0, end: segment.bytes }
    : { start: Number(match[1]), end: Number(match[2]) + 1 };
}

/**
 * Reads the manifest that a client sends.
 * @param ownPath `/container/object` of the large object itself
 * @throws {HttpFault} 400, with everything that is wrong with it
 */
export function parseManifest(text: string, ownPath: string): WantedSegment[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw textFault(400, 'Manifest must be valid JSON.\n', 'html');
  }
  if (!Array.isArray(parsed)) throw textFault(400, 'Manifest must be a list.\n', 'html');
  const items = parsed as unknown[];
  const problems: string[] = [];
  const segments: WantedSegment[] = [];
  items.forEach((item, index) => {
    const checked = checkSegment(item, ownPath, index === items.length - 1);
    if (typeof checked === 'string') problems.push(`Index ${index}: ${checked}`);
    else segments.push(checked);
  });
  const isInline = (item: unknown): boolean =>
    typeof item === 'object' && item !== null && 'data' in item;
  if (items.length > 0 && items.every(isInline)) {
    problems.push('Inline data segments require at least one object-backed segment.');
  }
  if (problems.length > 0) {
    throw textFault(400, problems.map((problem) => `${problem}\n`).join(''), 'plain');
  }
  return segments;
}

/** The segment, or what is wrong with it. */
function checkSegment(item: unknown, ownPath: string, isLast: boolean): WantedSegment | string {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return 'not a JSON object';
  const segment = item as Record<string, unknown>;
  const allowed =
    'data' in segment
      ? ['data']
      : 'path' in segment
        ? ['path', 'range', 'etag', 'size_bytes']
        : undefined;
  if (allowed === undefined) return "expected keys to include one of 'data' or 'path'";
  const extraneous = Object.keys(segment).filter((key) => !allowed.includes(key));
  if (extraneous.length > 0) {
    const names = extraneous.sort().map((key) => JSON.stringify(key));
    return `extraneous keys ${names.join(', ')}`;
  }
  return 'data' in segment ? checkData(segment.data) : checkPath(segment, ownPath, isLast);
}

function checkData(data: unknown): WantedSegment | string {
  if (typeof data !== 'string' || !/^[A-Za-z0-9+/]*=*$/.test(data) || data.length % 4 !== 0) {
    return 'data must be valid base64';
  }
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length < 1) return 'too small; each segment must be at least 1 byte.';
  return { data: bytes.toString('base64') };
}

function checkPath(
  { path, etag, size_bytes: size, range }: Record<string, unknown>,
  ownPath: string,
  isLast: boolean,
): WantedSegment | string {
  if (typeof path !== 'string') return '"path" must be a string';
  if (etag != null && typeof etag !== 'string') {
    return '"etag" must be a string or null (if provided)';
  }
  if (!path.replace(/^\/+|\/+$/g, '').includes('/')) {
    return 'path does not refer to an object. Path must be of the form /container/object.';
  }
  const bytes = size == null ? null : Number(size);
  if (bytes !== null && (!Number.isInteger(bytes) || size === '')) return 'invalid size_bytes';
  if (bytes !== null && bytes < 1 && !isLast) {
    return 'too small; each segment must be at least 1 byte.';
  }
  if (quote(`/${path.replace(/^\/+/, '')}`) === quote(ownPath)) {
    return 'manifest must not include itself as a segment';
  }
  const segment = { path, etag, size_bytes: bytes };
  if (!range) return segment;
  const ranges = typeof range === 'string' ? parseRanges(`bytes=${range}`) : undefined;
  if (ranges === undefined || typeof range !== 'string') return 'invalid range';
  if (ranges.length > 1) return 'multiple ranges (only one allowed)';
  if (bytes !== null && satisfiableRanges(ranges, bytes).length !== 1) return 'unsatisfiable range';
  return { ...segment, range };
}
