import {
  deleteContainer,
  postContainer,
  putContainer,
  readContainer,
} from './container-requests.js';
import type { ContainerRequest } from './container-requests.js';
import { postAccount, readAccount } from './account-requests.js';
import { bulkDelete } from './bulk-delete.js';
import { copyFromSource, copyToDestination } from './copy.js';
import { swiftFault, textFault } from './faults.js';
import type { ObjectStore } from './object-store.js';
import { deleteObject, postObject, putObject, readObject } from './object-requests.js';
import { header, type Answer, type StorageRequest } from './request.js';
import { deleteLargeObject, putManifest } from './static-large-object.js';
import type { ObjectRequest } from './upload.js';

const ALLOWED = {
  account: 'GET, POST, OPTIONS, HEAD',
  container: 'GET, POST, OPTIONS, PUT, HEAD, DELETE',
  object: 'GET, POST, OPTIONS, PUT, HEAD, DELETE',
};

/** Answers one request; whoever calls it has found out what the requester may touch. */
export async function answer(store: ObjectStore, request: StorageRequest): Promise<Answer> {
  const { container, object } = request.path;
  if (request.method === 'PUT' && request.parameters.has('extract-archive')) {
    throw textFault(400, 'Unsupported archive format', 'html');
  }
  const isDeletion = request.method === 'POST' || request.method === 'DELETE';
  if (isDeletion && request.parameters.has('bulk-delete')) return bulkDelete(store, request);
  if (container !== undefined && object !== undefined) {
    return answerObject(store, request as ObjectRequest);
  }
  return container !== undefined
    ? answerContainer(store, request as ContainerRequest)
    : answerAccount(store, request);
}

function answerAccount(store: ObjectStore, request: StorageRequest): Answer {
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return readAccount(store, request);
    case 'POST':
      return postAccount(store, request);
    default:
      return otherMethod(request, ALLOWED.account);
  }
}

function answerContainer(store: ObjectStore, request: ContainerRequest): Answer {
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return readContainer(store, request);
    case 'PUT':
      return putContainer(store, request);
    case 'POST':
      return postContainer(store, request);
    case 'DELETE':
      return deleteContainer(store, request);
    default:
      return otherMethod(request, ALLOWED.container);
  }
}

async function answerObject(store: ObjectStore, request: ObjectRequest): Promise<Answer> {
  const { method } = request;
  const manifest = request.parameters.text('multipart-manifest');
  if (method === 'COPY') return copyToDestination(store, request);
  if (method === 'PUT' && header(request, 'x-copy-from')) return copyFromSource(store, request);
  if (method === 'PUT' && manifest === 'put') return putManifest(store, request);
  if (method === 'DELETE' && manifest === 'delete') return deleteLargeObject(store, request);
  if (method === 'GET' || method === 'HEAD') return readObject(store, request);
  if (header(request, 'x-static-large-object') !== undefined) {
    throw textFault(
      400,
      'X-Static-Large-Object is a reserved header. To create a static large object add query ' +
        'param multipart-manifest=put.',
      'html',
    );
  }
  switch (method) {
    case 'PUT':
      return putObject(store, request);
    case 'POST':
      return postObject(store, request);
    case 'DELETE':
      return deleteObject(store, request);
    default:
      return otherMethod(request, ALLOWED.object, ', COPY');
  }
}

function otherMethod({ method }: StorageRequest, allow: string, more = ''): Answer {
  if (method === 'OPTIONS') return { status: 200, headers: { allow: allow + more } };
  throw swiftFault(405, { allow });
}
