import {
  deleteContainer,
  postContainer,
  putContainer,
  readContainer,
} from './container-requests.js';
import type { ContainerRequest } from './container-requests.js';
import { postAccount, readAccount } from './account-requests.js';
import { swiftFault, textFault } from './faults.js';
import type { ObjectStore } from './object-store.js';
import { deleteObject, postObject, putObject, readObject } from './object-requests.js';
import { header, type Answer, type StorageRequest } from './request.js';
import type { ObjectRequest } from './upload.js';

const ALLOWED = {
  account: 'HEAD, GET, POST, OPTIONS',
  container: 'HEAD, GET, PUT, POST, DELETE, OPTIONS',
  object: 'HEAD, GET, PUT, POST, DELETE, OPTIONS, COPY',
};

/** Answers one request; whoever calls it has found out what the requester may touch. */
export async function answer(store: ObjectStore, request: StorageRequest): Promise<Answer> {
  const { container, object } = request.path;
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
      return otherMethod(request, ALLOWED.object);
  }
}

function otherMethod({ method }: StorageRequest, allow: string): Answer {
  if (method === 'OPTIONS') return { status: 200, headers: { allow } };
  throw swiftFault(405, { allow });
}
