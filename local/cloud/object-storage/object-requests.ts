import { HttpFault } from '../fault-error.js';
import { matches } from './conditions.js';
import { page, swiftFault } from './faults.js';
import { inlineContent, ownContent } from './content.js';
import { manifestAsPut, readManifest } from './manifest.js';
import { contentOf } from './object-content.js';
import { download } from './download.js';
import { checkMetadata, objectHeaders } from './metadata.js';
import type { ObjectStore } from './object-store.js';
import { header, type Answer } from './request.js';
import { checkUpload, deleteTime, storeObject, type ObjectRequest } from './upload.js';
import type { ObjectRecord } from '../records.js';
import { checkObjectManifest } from './dynamic-large-object.js';

/** GET and HEAD. `?multipart-manifest=get` reads a large object's manifest itself. */
export function readObject(store: ObjectStore, request: ObjectRequest): Answer {
  const record = foundObject(store, request);
  if (record === undefined) {
    // Whoever asks for any version of an object asks for one to be there.
    const ifMatch = header(request, 'if-match');
    throw ifMatch !== undefined && matches(ifMatch, '*') ? new HttpFault(412, '') : swiftFault(404);
  }
  if (request.parameters.text('multipart-manifest') !== 'get') {
    return download(request, record, contentOf({ store, access: request.access }, record));
  }
  return record.staticLargeObject === undefined
    ? download(request, record, ownContent(store, record))
    : readManifestItself(store, request, record);
}

/** `format=raw` is the manifest as it could be put again. */
function readManifestItself(
  store: ObjectStore,
  request: ObjectRequest,
  record: ObjectRecord,
): Answer {
  const marker = { 'x-static-large-object': 'True' };
  if (request.parameters.text('format') === 'raw') {
    const text = manifestAsPut(readManifest(store, record));
    const answer = download(request, record, inlineContent(Buffer.from(text)));
    return { ...answer, headers: { ...answer.headers, ...marker } };
  }
  const answer = download(request, record, ownContent(store, record));
  const type = { 'content-type': 'application/json; charset=utf-8' };
  return { ...answer, headers: { ...answer.headers, ...marker, ...type } };
}

/** PUT of an object's own bytes. */
export async function putObject(store: ObjectStore, request: ObjectRequest): Promise<Answer> {
  checkObjectManifest(request);
  const attributes = checkUpload(store, request);
  return storeObject(store, request, attributes, request.body);
}

/** POST: new metadata in the place of all the old; the content type stays unless it is given. */
export async function postObject(store: ObjectStore, request: ObjectRequest): Promise<Answer> {
  const { container, object } = request.path;
  request.access.require(request.path);
  if (store.container(container) === undefined) throw swiftFault(404);
  checkMetadata(request.headers, 'object');
  const deleteAt = deleteTime(request);
  const record = store.object(container, object);
  if (record === undefined) throw swiftFault(404);
  await store.putObject({
    ...record,
    headers: objectHeaders(request.headers),
    deleteAt,
    contentType: header(request, 'content-type') || record.contentType,
    modifiedAt: request.receivedAt,
  });
  return { status: 202, headers: {}, body: page(202) };
}

export async function deleteObject(store: ObjectStore, request: ObjectRequest): Promise<Answer> {
  const { container, object } = request.path;
  request.access.require(request.path);
  const found = store.object(container, object) !== undefined;
  if (!found || !(await store.deleteObject(container, object))) throw swiftFault(404);
  return { status: 204, headers: {} };
}

/** The object that a request reads. Throws 401, 403 or 404. */
export function readableObject(
  store: ObjectStore,
  request: Pick<ObjectRequest, 'path' | 'access'>,
): ObjectRecord {
  const record = foundObject(store, request);
  if (record === undefined) throw swiftFault(404);
  return record;
}

/** As {@link readableObject}, but undefined when there is none. */
function foundObject(
  store: ObjectStore,
  { path, access }: Pick<ObjectRequest, 'path' | 'access'>,
): ObjectRecord | undefined {
  const container = store.container(path.container);
  access.require(path, container?.metadata['x-container-read']);
  return container && store.object(path.container, path.object);
}
