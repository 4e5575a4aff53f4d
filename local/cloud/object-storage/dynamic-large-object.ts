import { createHash } from 'node:crypto';
import type { ObjectRecord } from '../records.js';
import { ownContent, readSlices, SegmentGone } from './content.js';
import type { Content, Reader, Slice } from './content.js';
import { swiftFault, textFault } from './faults.js';
import { unquote, utf8 } from './percent-encoding.js';
import type { ByteRange } from './ranges.js';
import { header, type StorageRequest } from './request.js';

/**
 * A dynamic large object: whatever lies under the prefix when it is read.
 * @throws {HttpFault} 401, 403 or 404 when the container of the segments cannot be listed
 */
export function dynamicContent(reader: Reader, manifest: ObjectRecord): Content {
  const { store, access } = reader;
  const where = unquote(manifest.headers['x-object-manifest'] ?? '');
  const [container = '', ...rest] = (utf8(where) ?? where).split('/');
  const prefix = rest.join('/');
  const listed = store.container(container);
  access.require({ account: store.account, container }, listed?.metadata['x-container-read']);
  if (listed === undefined) throw swiftFault(404);
  const segments = store.objectsUnder(container, prefix);
  return {
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    etag: createHash('md5')
      .update(segments.map(({ etag }) => etag).join(''))
      .digest('hex'),
    headers: {},
    kind: 'dynamic large object',
    read: (start, end) => readSlices(slices(reader, segments, { start, end })),
  };
}

/** Throws 400 for an X-Object-Manifest that names no container and prefix. */
export function checkObjectManifest(request: StorageRequest): void {
  const value = header(request, 'x-object-manifest');
  if (value === undefined) return;
  if (!/^[^/?&]+\/[^/?&][^?&]*$/.test(value)) {
    throw textFault(400, 'X-Object-Manifest must be in the format container/prefix', 'html');
  }
}

function* slices({ store }: Reader, segments: ObjectRecord[], wanted: ByteRange): Iterable<Slice> {
  let position = 0;
  for (const { container, name, bytes } of segments) {
    const start = Math.max(wanted.start - position, 0);
    const end = Math.min(wanted.end - position, bytes);
    position += bytes;
    if (start >= end) continue;
    const open = (): Content => {
      const record = store.object(container, name);
      if (record === undefined) throw new SegmentGone(`Segment /${container}/${name} is gone`);
      return ownContent(store, record);
    };
    yield { open, start, end };
  }
}
