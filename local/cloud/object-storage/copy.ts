import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { swiftFault, textFault } from './faults.js';
import { manifestAsPut, readManifest } from './manifest.js';
import { readableObject, readObject } from './object-requests.js';
import type { ObjectStore } from './object-store.js';
import { quote, unquote, utf8 } from './percent-encoding.js';
import { header, isTrue, type Answer } from './request.js';
import { storeManifest } from './static-large-object.js';
import { checkUpload, MAX_FILE_BYTES, storeObject, type ObjectRequest } from './upload.js';

type ObjectPath = ObjectRequest['path'];

/** Headers of the source that its copy does not take over. */
const NOT_COPIED = [
  'x-static-large-object',
  'x-manifest-etag',
  'x-object-manifest',
  'etag',
  'content-type',
  'content-range',
  'content-length',
  'x-timestamp',
  'last-modified',
  'accept-ranges',
];

/** COPY: the request's object is the source. */
export async function copyToDestination(
  store: ObjectStore,
  request: ObjectRequest,
): Promise<Answer> {
  const destination = header(request, 'destination');
  if (!destination) throw textFault(412, 'Destination header required', 'html');
  const account = accountOf(request, 'destination-account');
  const target = { account, ...parsePath('Destination', destination) };
  return copy(store, request, request.path, target);
}

/** PUT with X-Copy-From: the request's object is the copy. */
export async function copyFromSource(store: ObjectStore, request: ObjectRequest): Promise<Answer> {
  if (Number(header(request, 'content-length')) > 0) {
    throw textFault(400, 'Copy requests require a zero byte body', 'plain');
  }
  const account = accountOf(request, 'x-copy-from-account');
  const source = {
    account,
    ...parsePath('X-Copy-From', header(request, 'x-copy-from') ?? ''),
  };
  return copy(store, request, source, request.path);
}

async function copy(
  store: ObjectStore,
  request: ObjectRequest,
  source: ObjectPath,
  target: ObjectPath,
): Promise<Answer> {
  const parameters = request.parameters.with('format', 'raw');
  const reading = { ...request, method: 'GET', path: source, parameters };
  const read = readObject(store, reading);
  if (read.status >= 300) return read;
  const bytes =
    read.body instanceof Readable ? read.body : Readable.from([], { objectMode: false });
  try {
    if (Number(read.headers['content-length']) > MAX_FILE_BYTES) throw swiftFault(413);
    const writing = {
      ...request,
      method: 'PUT',
      path: target,
      headers: copyHeaders(request, read),
    };
    const written =
      asManifest(request) && read.headers['x-static-large-object'] !== undefined
        ? await storeManifest(store, writing, manifestText(store, reading))
        : await storeObject(store, writing, checkUpload(store, writing), bytes);
    return { ...written, headers: { ...written.headers, ...copiedFrom(source, read, writing) } };
  } finally {
    bytes.destroy();
  }
}

/** The headers of the PUT that a copy is: the source's, and over them the request's own. */
function copyHeaders(request: ObjectRequest, read: Answer): IncomingHttpHeaders {
  const isFresh = isTrue(header(request, 'x-fresh-metadata'));
  const taken = Object.entries(read.headers).filter(
    ([name]) => !isFresh && !NOT_COPIED.includes(name),
  );
  const headers: IncomingHttpHeaders = {
    ...(Object.fromEntries(taken) as Record<string, string>),
    ...request.headers,
    'content-type': header(request, 'content-type') || read.headers['content-type'],
    'content-length': read.headers['content-length'],
  };
  for (const name of ['transfer-encoding', 'x-copy-from', 'destination']) {
    Reflect.deleteProperty(headers, name);
  }
  const manifest = read.headers['x-object-manifest'];
  if (asManifest(request) && manifest !== undefined) headers['x-object-manifest'] = manifest;
  // The ETag of a large object, or of a part, is not that of the bytes.
  const { etag } = read.headers;
  const isLarge = etag?.startsWith('"') || 'x-static-large-object' in read.headers;
  if (read.status === 200 && !isLarge) headers.etag = etag;
  return headers;
}

/** What the answer tells about the source and what the copy has from it. */
function copiedFrom(
  source: ObjectPath,
  read: Answer,
  { headers }: ObjectRequest,
): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name]) => name.startsWith('x-object-meta-') || name === 'x-delete-at',
  );
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    'x-copied-from-account': quote(source.account),
    'x-copied-from': quote(`${source.container}/${source.object}`),
    'x-copied-from-last-modified': read.headers['last-modified'] ?? '',
  };
}

function manifestText(store: ObjectStore, reading: ObjectRequest): string {
  return manifestAsPut(readManifest(store, readableObject(store, reading)));
}

/** Whether the manifest of a large object is meant, not what it reads as. */
function asManifest({ parameters }: ObjectRequest): boolean {
  return parameters.text('multipart-manifest') === 'get';
}

function accountOf(request: ObjectRequest, name: string): string {
  const value = header(request, name);
  if (value === undefined) return request.path.account;
  const account = decoded(value);
  if (account === '') throw textFault(412, 'Account name cannot be empty', 'html');
  if (account.includes('/')) throw textFault(412, 'Account name cannot contain slashes', 'html');
  return account;
}

function parsePath(name: string, value: string): { container: string; object: string } {
  const [container = '', ...object] = decoded(value).replace(/^\//, '').split('/');
  if (container === '' || object.join('/') === '') {
    throw textFault(
      412,
      `${name} header must be of the form <container name>/<object name>`,
      'html',
    );
  }
  return { container, object: object.join('/') };
}

function decoded(value: string): string {
  const text = utf8(unquote(value));
  if (text === undefined) throw textFault(412, 'Invalid UTF8 or contains NULL', 'html');
  return text;
}
