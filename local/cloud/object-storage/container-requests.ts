import type { ContainerRecord } from '../records.js';
import { cleanAcl } from './acl.js';
import { page, swiftFault, textFault } from './faults.js';
import { list, listingQuery } from './listing.js';
import { listingAnswer, listingFormat, objectEntry, varies } from './listing-format.js';
import { changedMetadata, checkMetadata, shownMetadata } from './metadata.js';
import type { ObjectStore } from './object-store.js';
import { header, type Answer, type StorageRequest } from './request.js';
import { httpDate, lastModifiedSeconds, timestamp } from './times.js';

export const MAX_CONTAINER_NAME = 256;

/** The one storage policy: without `[storage-policy]` sections Swift has this one. */
export const STORAGE_POLICY = 'Policy-0';

export type ContainerRequest = StorageRequest & { path: { account: string; container: string } };

export function readContainer(store: ObjectStore, request: ContainerRequest): Answer {
  const format = listingFormat(request);
  const query = listingQuery(request.parameters);
  const record = store.container(request.path.container);
  request.access.require(request.path, record?.metadata['x-container-read']);
  if (record === undefined) throw swiftFault(404);
  const headers = containerHeaders(record, request.access.isOwner);
  if (request.method === 'HEAD') {
    const type = { 'content-type': `${format}; charset=utf-8`, 'content-length': '0' };
    return { status: 204, headers: { ...headers, ...varies(request), ...type } };
  }
  const rows = list(store.objects(record.name), query);
  return listingAnswer(request, headers, rows.map(objectEntry));
}

export function putContainer(store: ObjectStore, request: ContainerRequest): Answer {
  request.access.require(request.path);
  const { container } = request.path;
  const change = metadataChange(request);
  checkPolicy(request);
  const length = Array.from(container).length;
  if (length > MAX_CONTAINER_NAME) {
    const message = `Container name length of ${length} longer than ${MAX_CONTAINER_NAME}`;
    throw textFault(400, message, 'html');
  }
  const isNew = store.changeContainer(container, request.receivedAt, change, true);
  return isNew ? { status: 201, headers: {} } : { status: 202, headers: {}, body: page(202) };
}

export function postContainer(store: ObjectStore, request: ContainerRequest): Answer {
  request.access.require(request.path);
  const change = metadataChange(request);
  const { path, receivedAt } = request;
  const changed = store.changeContainer(path.container, receivedAt, change, false);
  if (changed === undefined) throw swiftFault(404);
  return { status: 204, headers: {} };
}

export function deleteContainer(store: ObjectStore, request: ContainerRequest): Answer {
  request.access.require(request.path);
  switch (store.deleteContainer(request.path.container)) {
    case 'deleted':
      return { status: 204, headers: {} };
    case 'absent':
      throw swiftFault(404);
    case 'not empty':
      throw swiftFault(409);
  }
}

/** Checks the headers of a PUT or POST; gives what they make of the metadata. */
function metadataChange(
  request: ContainerRequest,
): (metadata: Record<string, string>) => Record<string, string> {
  const headers = { ...request.headers };
  for (const name of ['x-container-read', 'x-container-write']) {
    const acl = header(request, name);
    if (acl === undefined) continue;
    try {
      headers[name] = cleanAcl(name, acl);
    } catch (error) {
      throw textFault(400, (error as Error).message, 'html');
    }
  }
  for (const quota of ['bytes', 'count']) {
    const value = header(request, `x-container-meta-quota-${quota}`);
    if (value && !/^\d+$/.test(value)) throw textFault(400, `Invalid ${quota} quota.`, 'html');
  }
  checkMetadata(headers, 'container');
  return (metadata) => changedMetadata(metadata, headers, 'container');
}

function checkPolicy(request: ContainerRequest): void {
  const policy = header(request, 'x-storage-policy');
  if (policy && policy.toLowerCase() !== STORAGE_POLICY.toLowerCase()) {
    throw textFault(400, `Invalid X-Storage-Policy '${policy}'`, 'plain');
  }
}

function containerHeaders(record: ContainerRecord, isOwner: boolean): Record<string, string> {
  return {
    ...shownMetadata(record.metadata, isOwner),
    'x-container-object-count': String(record.objects),
    'x-container-bytes-used': String(record.bytes),
    'x-timestamp': timestamp(record.createdAt),
    'last-modified': httpDate(lastModifiedSeconds(record.modifiedAt)),
    'accept-ranges': 'bytes',
    'x-storage-policy': STORAGE_POLICY,
  };
}
