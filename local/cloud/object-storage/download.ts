import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ObjectRecord } from '../records.js';
import { conditionalStatus } from './conditions.js';
import { SegmentGone, type Content } from './content.js';
import { page, swiftFault } from './faults.js';
import { parseRanges, satisfiableRanges, type ByteRange } from './ranges.js';
import { header, type Answer, type StorageRequest } from './request.js';
import { httpDate, lastModifiedSeconds, timestamp } from './times.js';

/** The answer to a GET or HEAD of an object, with its conditions and ranges. */
export function download(request: StorageRequest, record: ObjectRecord, content: Content): Answer {
  const headers = objectAnswerHeaders(record, content);
  const lastModified = lastModifiedSeconds(record.modifiedAt);
  const conditional = conditionalStatus(request, content.etag, lastModified);
  if (conditional !== undefined) return unmet(headers, conditional);
  if (request.method === 'HEAD') {
    return { status: 200, headers: { ...headers, 'content-length': String(content.bytes) } };
  }
  const requested = parseRanges(header(request, 'range'));
  const isDynamic = content.kind === 'dynamic large object';
  // Of a dynamic large object Swift gives one range at most.
  if (requested !== undefined && (requested.length === 1 || !isDynamic)) {
    const ranges = satisfiableRanges(requested, content.bytes);
    if (ranges.length === 0) {
      return unsatisfiable(isDynamic ? { 'accept-ranges': 'bytes' } : headers, content.bytes);
    }
    if (content.bytes > 0) return partial(headers, content, ranges);
  }
  return {
    status: 200,
    headers: { ...headers, 'content-length': String(content.bytes) },
    body: read(content, { start: 0, end: content.bytes }),
  };
}

/** What a GET or HEAD tells about an object, but for its length. */
function objectAnswerHeaders(record: ObjectRecord, content: Content): Record<string, string> {
  return {
    ...record.headers,
    ...content.headers,
    ...(record.deleteAt === null ? {} : { 'x-delete-at': String(record.deleteAt) }),
    'content-type': record.contentType,
    etag: content.kind === 'own' ? content.etag : `"${content.etag}"`,
    'last-modified': httpDate(lastModifiedSeconds(record.modifiedAt)),
    'x-timestamp': timestamp(record.modifiedAt),
    'accept-ranges': 'bytes',
  };
}

/** A condition does not hold. */
function unmet(headers: Record<string, string>, status: 304 | 412): Answer {
  const shown: Record<string, string> = { ...headers, 'content-length': '0' };
  if (status === 412) {
    Reflect.deleteProperty(shown, 'content-type');
    Reflect.deleteProperty(shown, 'accept-ranges');
  }
  return { status, headers: shown };
}

function unsatisfiable(headers: Record<string, string>, bytes: number): Answer {
  const body = page(416);
  return {
    status: 416,
    headers: {
      ...headers,
      'content-range': `bytes */${bytes}`,
      'content-length': String(body.length),
    },
    body,
  };
}

function partial(headers: Record<string, string>, content: Content, ranges: ByteRange[]): Answer {
  const [range] = ranges;
  if (ranges.length === 1 && range !== undefined) {
    return {
      status: 206,
      headers: {
        ...headers,
        'content-range': contentRange(range, content.bytes),
        'content-length': String(range.end - range.start),
      },
      body: read(content, range),
    };
  }
  const boundary = randomBytes(16).toString('hex');
  const parts = ranges.map((range) => ({
    range,
    head:
      `--${boundary}\r\nContent-Type: ${headers['content-type'] ?? ''}\r\n` +
      `Content-Range: ${contentRange(range, content.bytes)}\r\n\r\n`,
  }));
  const tail = `--${boundary}--`;
  const length = parts.reduce(
    (sum, { range, head }) => sum + head.length + (range.end - range.start) + '\r\n'.length,
    tail.length,
  );
  const multipart = async function* (): AsyncIterable<Buffer> {
    for (const { range, head } of parts) {
      yield Buffer.from(head, 'latin1');
      yield* content.read(range.start, range.end) as AsyncIterable<Buffer>;
      yield Buffer.from('\r\n');
    }
    yield Buffer.from(tail);
  };
  return {
    status: 206,
    headers: {
      ...headers,
      'content-type': `multipart/byteranges;boundary=${boundary}`,
      'content-length': String(length),
    },
    body: Readable.from(multipart(), { objectMode: false }),
  };
}

/** Throws 409 when a large object's first segment is not what it was. */
function read(content: Content, { start, end }: ByteRange): Readable | undefined {
  if (start >= end) return undefined;
  try {
    return content.read(start, end);
  } catch (error) {
    throw error instanceof SegmentGone ? swiftFault(409) : error;
  }
}

function contentRange({ start, end }: ByteRange, length: number): string {
  return `bytes ${start}-${end - 1}/${length}`;
}
