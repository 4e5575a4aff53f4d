import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { HttpFault } from '../fault-error.js';
import type { ObjectRecord } from '../records.js';
import { isoMicros } from '../time-format.js';
import { hasLength, readBody } from './body.js';
import { deletionAnswer, type Deletion } from './bulk-delete.js';
import { report, reportFormat, type BulkError } from './bulk-report.js';
import { unquoted } from './conditions.js';
import type { Content, Reader } from './content.js';
import { statusLine, swiftFault, textFault } from './faults.js';
import { MAX_MANIFEST_BYTES, MAX_SEGMENTS, parseManifest, readManifest } from './manifest.js';
import { segmentRange, type ManifestSegment, type PathSegment } from './manifest.js';
import { contentOf } from './object-content.js';
import { readableObject } from './object-requests.js';
import type { ObjectStore } from './object-store.js';
import { quote } from './percent-encoding.js';
import { pythonJson } from './python-json.js';
import { parseRanges, satisfiableRanges } from './ranges.js';
import { header, type Answer } from './request.js';
import { lastModifiedSeconds } from './times.js';
import { checkUpload, storeObject, type ObjectRequest } from './upload.js';

/** `PUT ?multipart-manifest=put`: the body is the list of segments. */
export async function putManifest(store: ObjectStore, request: ObjectRequest): Promise<Answer> {
  if (!hasLength(request)) throw swiftFault(411);
  if (Number(header(request, 'content-length')) > MAX_MANIFEST_BYTES) {
    throw textFault(413, `Manifest File > ${MAX_MANIFEST_BYTES} bytes`, 'html');
  }
  return storeManifest(store, request, await readBody(request, MAX_MANIFEST_BYTES));
}

/**
 * Stores a manifest after a look at each of its segments.
 * @throws {HttpFault} 400 naming every segment that is not as the manifest says
 */
export async function storeManifest(
  store: ObjectStore,
  request: ObjectRequest,
  text: string,
): Promise<Answer> {
  const { container, object } = request.path;
  const wanted = parseManifest(text, `/${container}/${object}`);
  if (wanted.filter((segment) => 'path' in segment).length > MAX_SEGMENTS) {
    const message = `Number of object-backed segments must be <= ${MAX_SEGMENTS}`;
    throw textFault(413, message, 'html');
  }
  const problems: BulkError[] = [];
  const reader = { store, access: request.access };
  const segments = wanted.map((segment, index) =>
    'path' in segment
      ? checkedSegment(reader, segment, index === wanted.length - 1, problems)
      : segment,
  );
  if (problems.length > 0) {
    const format = reportFormat(request) ?? 'text/plain';
    throw new HttpFault(400, report(format, {}, problems, 'upload'), { 'content-type': format });
  }
  const present = segments.filter((segment) => segment !== undefined);
  const etag = largeObjectEtag(present);
  const clientEtag = unquoted(header(request, 'etag') ?? '');
  if (clientEtag && clientEtag !== etag) throw swiftFault(422);

  const ranges = present.map(segmentRange);
  const bytes = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  const manifest = Readable.from([Buffer.from(pythonJson(present))], { objectMode: false });
  const attributes = { ...checkUpload(store, request), etag: undefined };
  const answer = await storeObject(store, request, attributes, manifest, {
    staticLargeObject: { etag, bytes },
  });
  return { ...answer, headers: { ...answer.headers, etag: `"${etag}"` } };
}

/** `DELETE ?multipart-manifest=delete`: the segments, those of nested large objects, and itself. */
export function deleteLargeObject(store: ObjectStore, request: ObjectRequest): Promise<Answer> {
  const { container, object } = request.path;
  const pending: (Deletion & { isLarge: boolean })[] = [
    { name: `/${container}/${object}`, isLarge: true },
  ];
  const everything = function* (): Iterable<Deletion> {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      if (!next.isLarge) {
        yield next;
        continue;
      }
      const segments = segmentsOf(store, request, next.name);
      if ('status' in segments) next.error = segments;
      else pending.push(...segments);
      // The manifest goes last, lest a failure leave segments that nothing names.
      pending.push({ ...next, isLarge: false });
    }
  };
  const anyType = { ...request, headers: { ...request.headers, 'content-type': undefined } };
  return deletionAnswer(store, anyType, everything);
}

/** The segment as it is stored; undefined when it is not as wanted, and the problems say why. */
function checkedSegment(
  reader: Reader,
  segment: PathSegment,
  isLast: boolean,
  problems: BulkError[],
): ManifestSegment | undefined {
  const problem = (reason: string): void => void problems.push([quote(segment.path), reason]);
  const found = lookAt(reader, segment.path);
  if (typeof found === 'number') {
    problem(statusLine(found));
    return undefined;
  }
  const { record, content } = found;
  const whole = { start: 0, end: content.bytes };
  const [range] = segment.range
    ? satisfiableRanges(parseRanges(`bytes=${segment.range}`) ?? [], content.bytes)
    : [whole];
  if (range === undefined) problem('Unsatisfiable Range');
  const { start, end } = range ?? whole;
  if (end - start < 1 && !isLast) problem('Too small; each segment must be at least 1 byte.');
  if (segment.size_bytes != null && segment.size_bytes !== content.bytes) problem('Size Mismatch');
  if (segment.etag != null && segment.etag !== content.etag) problem('Etag Mismatch');
  const isWhole = start === 0 && end === content.bytes;
  return {
    name: `/${segment.path.replace(/^\/+/, '')}`,
    bytes: content.bytes,
    hash: content.etag,
    content_type: record.contentType.split(';')[0] ?? '',
    last_modified: isoMicros(lastModifiedSeconds(record.modifiedAt) * 1000),
    ...(isWhole ? {} : { range: `${start}-${end - 1}` }),
    ...(record.staticLargeObject === undefined ? {} : { sub_slo: true }),
  };
}

/** What lies at a path, or the status that a HEAD of it would have. */
function lookAt(
  { store, access }: Reader,
  path: string,
): { record: ObjectRecord; content: Content } | number {
  const [container = '', ...rest] = path.replace(/^\/+/, '').split('/');
  const target = { account: store.account, container, object: rest.join('/') };
  try {
    const record = readableObject(store, { path: target, access });
    return { record, content: contentOf({ store, access }, record) };
  } catch (error) {
    if (error instanceof HttpFault) return error.status;
    throw error;
  }
}

/** MD5 of the segments' ETags, one after the other. */
function largeObjectEtag(segments: ManifestSegment[]): string {
  const md5 = createHash('md5');
  for (const segment of segments) {
    if ('data' in segment) {
      md5.update(createHash('md5').update(Buffer.from(segment.data, 'base64')).digest('hex'));
    } else md5.update(segment.range ? `${segment.hash}:${segment.range};` : segment.hash);
  }
  return md5.digest('hex');
}

function segmentsOf(
  store: ObjectStore,
  { access }: ObjectRequest,
  name: string,
): (Deletion & { isLarge: boolean })[] | { status: number; message: string } {
  const found = lookAt({ store, access }, name);
  if (found === 401) return { status: 401, message: statusLine(401) };
  if (found === 404) return { status: 404, message: 'SLO manifest not found' };
  if (typeof found === 'number') {
    return { status: 500, message: 'Unable to load SLO manifest or segment.' };
  }
  if (found.record.staticLargeObject === undefined) {
    return { status: 400, message: 'Not an SLO manifest' };
  }
  return readManifest(store, found.record).flatMap((segment) =>
    'data' in segment ? [] : [{ name: segment.name, isLarge: segment.sub_slo === true }],
  );
}
