import type { Readable } from 'node:stream';
import { matches, unquoted } from './conditions.js';
import { checkContentType, guessedContentType } from './content-type.js';
import { swiftFault, textFault } from './faults.js';
import { checkMetadata, objectHeaders } from './metadata.js';
import { TooManyBytes, type StoredBytes } from './object-files.js';
import type { ObjectStore } from './object-store.js';
import type { ContainerRecord, ObjectRecord } from '../records.js';
import { header, isTrue, type Answer, type StorageRequest } from './request.js';
import { httpDate, lastModifiedSeconds } from './times.js';

export const MAX_FILE_BYTES = 5 * 1024 * 1024 * 1024 + 2;
export const MAX_OBJECT_NAME = 1024;

/** LMDB holds keys of 4026 bytes; Swift, names of 1024 characters, however long those are. */
const MAX_KEY_BYTES = 4000;

/** A PUT of an object that may go ahead. */
export type ObjectRequest = StorageRequest & {
  path: { account: string; container: string; object: string };
};

/** What a PUT stores beside the bytes. */
export interface ObjectAttributes {
  contentType: string;
  headers: Record<string, string>;
  deleteAt: number | null;
  /** The client's MD5 of the bytes. */
  etag: string | undefined;
}

/**
 * Checks everything about a PUT that can be known before its bytes come, in Swift's order.
 * @throws {HttpFault}
 */
export function checkUpload(store: ObjectStore, request: ObjectRequest): ObjectAttributes {
  const noneMatch = header(request, 'if-none-match');
  if (noneMatch !== undefined && !matches(noneMatch, '*')) {
    throw textFault(400, 'If-None-Match only supports *', 'plain');
  }
  const { container, object } = request.path;
  request.access.require(request.path);
  const found = store.container(container);
  if (found === undefined) throw swiftFault(404);
  checkQuota(found, request);
  const contentType = givenContentType(request) ?? guessedContentType(object);
  checkLength(request);
  checkName(container, object);
  const deleteAt = deleteTime(request);
  checkContentType(contentType);
  checkMetadata(request.headers, 'object');
  if (noneMatch !== undefined && store.object(container, object) !== undefined) {
    throw swiftFault(412);
  }
  const etag = header(request, 'etag');
  return {
    contentType,
    headers: objectHeaders(request.headers),
    deleteAt,
    etag: etag && unquoted(etag),
  };
}

/**
 * Stores the bytes of a source as the object of a request.
 * @throws {HttpFault} 413, 422, 499, and 404 when the container went away meanwhile
 */
export async function storeObject(
  store: ObjectStore,
  request: ObjectRequest,
  attributes: ObjectAttributes,
  source: AsyncIterable<Buffer>,
  extra: Pick<ObjectRecord, 'staticLargeObject'> = {},
): Promise<Answer> {
  const stored = await receive(store, source);
  const times = { 'last-modified': httpDate(lastModifiedSeconds(request.receivedAt)) };
  if (attributes.etag && attributes.etag !== stored.md5) {
    await store.files.remove(stored.file);
    throw swiftFault(422, times);
  }
  const { container, object } = request.path;
  const kept = await store.putObject({
    container,
    name: object,
    file: stored.file,
    etag: stored.md5,
    bytes: stored.bytes,
    contentType: attributes.contentType,
    modifiedAt: request.receivedAt,
    headers: attributes.headers,
    deleteAt: attributes.deleteAt,
    ...extra,
  });
  if (!kept) throw swiftFault(404);
  return { status: 201, headers: { etag: stored.md5, ...times } };
}

/**
 * When an object shall be deleted: X-Delete-After counts from now and comes before X-Delete-At.
 * @throws {HttpFault} 400
 */
export function deleteTime(request: StorageRequest): number | null {
  const now = request.receivedAt / 1000;
  const after = header(request, 'x-delete-after');
  if (after !== undefined) {
    if (!INTEGER.test(after)) throw textFault(400, 'Non-integer X-Delete-After', 'plain');
    const at = clampedTime(now + Number(after));
    if (at <= now) throw textFault(400, 'X-Delete-After in past', 'plain');
    return at;
  }
  const at = header(request, 'x-delete-at');
  if (at === undefined) return null;
  if (!INTEGER.test(at)) throw textFault(400, 'Non-integer X-Delete-At', 'plain');
  if (clampedTime(Number(at)) <= now) throw textFault(400, 'X-Delete-At in past', 'plain');
  return clampedTime(Number(at));
}

const INTEGER = /^\s*[+-]?\d+\s*$/;

/** Ten digits hold no time after 2286. */
function clampedTime(seconds: number): number {
  return Math.floor(Math.min(Math.max(seconds, 0), 9_999_999_999));
}

/** A container's quotas are metadata that its owner sets. */
function checkQuota({ metadata, bytes, objects }: ContainerRecord, request: StorageRequest): void {
  const quota = (name: string): number => {
    const value = metadata[`x-container-meta-quota-${name}`] ?? '';
    return /^\d+$/.test(value) ? Number(value) : Infinity;
  };
  const coming = Number(header(request, 'content-length') ?? 0);
  if (bytes + coming > quota('bytes') || objects + 1 > quota('count')) {
    throw textFault(413, 'Upload exceeds quota.', 'html');
  }
}

function givenContentType(request: StorageRequest): string | undefined {
  return isTrue(header(request, 'x-detect-content-type'))
    ? undefined
    : header(request, 'content-type') || undefined;
}

function checkLength(request: StorageRequest): void {
  const encoding = header(request, 'transfer-encoding');
  const length = header(request, 'content-length');
  if (encoding?.includes(',')) {
    throw textFault(
      501,
      'Unsupported Transfer-Coding header value specified in Transfer-Encoding header',
      'plain',
    );
  }
  if (encoding === undefined && Number(length) > MAX_FILE_BYTES) {
    throw textFault(413, 'Your request is too large.', 'plain');
  }
  if (encoding === undefined && length === undefined) {
    throw textFault(411, 'Missing Content-Length header.', 'plain');
  }
}

function checkName(container: string, object: string): void {
  const length = Array.from(object).length;
  if (length > MAX_OBJECT_NAME) {
    const message = `Object name length of ${length} longer than ${MAX_OBJECT_NAME}`;
    throw textFault(400, message, 'plain');
  }
  if (Buffer.byteLength(container) + Buffer.byteLength(object) > MAX_KEY_BYTES) {
    const message = `Container and object name together are longer than ${MAX_KEY_BYTES} bytes`;
    throw textFault(400, message, 'plain');
  }
}

async function receive(store: ObjectStore, source: AsyncIterable<Buffer>): Promise<StoredBytes> {
  try {
    return await store.files.write(source, MAX_FILE_BYTES);
  } catch (error) {
    if (error instanceof TooManyBytes) throw swiftFault(413);
    const broken = source as Partial<Readable>;
    if (broken.errored || broken.destroyed) throw swiftFault(499);
    throw error;
  }
}
