import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ObjectRecord } from '../records.js';
import type { Access } from './access.js';
import type { ObjectStore } from './object-store.js';

/** What an object reads as: its own bytes, or those of its segments. */
export interface Content {
  bytes: number;
  /** Without quotes. */
  etag: string;
  /** Headers that tell what kind of large object it is. */
  headers: Record<string, string>;
  kind: 'own' | 'static large object' | 'dynamic large object';
  /**
   * Streams bytes `start` to `end` (exclusive; at least one). What comes first is open already
   * when this returns, so that replacing the object does not harm the download.
   * @throws {SegmentGone} when the first segment is not what it was
   */
  read(start: number, end: number): Readable;
}

/** A segment is gone, replaced or forbidden. */
export class SegmentGone extends Error {
  override readonly name = 'SegmentGone';
}

/** Whose eyes content is read with: segments may lie where the object's reader may not look. */
export interface Reader {
  store: ObjectStore;
  access: Access;
}

/** A part of one segment; opening it throws {@link SegmentGone}. */
export interface Slice {
  open(): Content;
  start: number;
  end: number;
}

/** The object's own bytes: of a large object, its manifest. */
export function ownContent({ files }: ObjectStore, record: ObjectRecord): Content {
  return {
    bytes: record.bytes,
    etag: record.etag,
    headers: {},
    kind: 'own',
    read: (start, end) => {
      if (record.file === null) throw new RangeError('An empty object has no bytes to read');
      return files.read(record.file, start, end);
    },
  };
}

/** Bytes that lie in no file. */
export function inlineContent(data: Buffer): Content {
  return {
    bytes: data.length,
    etag: createHash('md5').update(data).digest('hex'),
    headers: {},
    kind: 'own',
    read: (start, end) => Readable.from([data.subarray(start, end)], { objectMode: false }),
  };
}

/** Streams slices one after the other; one that is gone later on breaks the download off. */
export function readSlices(slices: Iterable<Slice>): Readable {
  const iterator = slices[Symbol.iterator]();
  const next = (): Readable | undefined => {
    const slice = iterator.next();
    return slice.done === true
      ? undefined
      : slice.value.open().read(slice.value.start, slice.value.end);
  };
  let current = next();
  const stream = Readable.from(
    (async function* () {
      for (; current !== undefined; current = next()) yield* current as AsyncIterable<Buffer>;
    })(),
    { objectMode: false },
  );
  // A stream that nobody begins to read never gets to its generator.
  return stream.on('close', () => current?.destroy());
}
