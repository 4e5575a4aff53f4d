import { HttpFault } from '../fault-error.js';
import { hasLength, readBody } from './body.js';
import { report, reportFormat, type BulkError } from './bulk-report.js';
import { deleteContainer } from './container-requests.js';
import { statusLine } from './faults.js';
import { deleteObject } from './object-requests.js';
import type { ObjectStore } from './object-store.js';
import { quote, unquote, utf8 } from './percent-encoding.js';
import { header, type Answer, type StorageRequest } from './request.js';
import type { ObjectRequest } from './upload.js';

export const MAX_DELETES = 10_000;
export const MAX_FAILED_DELETES = 1000;
const MAX_LINE = 2 * (1024 + 256 + 2);

/** Something to delete, or why it cannot be. */
export interface Deletion {
  /** `/container/object` or `container`. */
  name: string;
  error?: { status: number; message: string };
}

/** A report is cut short; its status says why. */
class Aborted extends Error {
  constructor(
    readonly status: number,
    override readonly message: string,
  ) {
    super(message);
  }
}

/** `?bulk-delete`: the body names objects and empty containers, one a line, percent-encoded. */
export async function bulkDelete(store: ObjectStore, request: StorageRequest): Promise<Answer> {
  return deletionAnswer(store, request, () => namedInBody(request));
}

/** Deletes; the answer is 200 whatever happens, its body tells. */
export async function deletionAnswer(
  store: ObjectStore,
  request: StorageRequest,
  wanted: () => Iterable<Deletion> | Promise<Iterable<Deletion>>,
): Promise<Answer> {
  const format = reportFormat(request);
  const errors: BulkError[] = [];
  const facts = {
    'Response Status': statusLine(200),
    'Response Body': '',
    'Number Deleted': 0,
    'Number Not Found': 0,
  };
  try {
    if (format === undefined) throw new Aborted(406, '');
    for (const { name, error } of objectsFirst(await wanted())) {
      const status = error?.status ?? (await deleteOne(store, request, name));
      if (status < 300) facts['Number Deleted'] += 1;
      else if (status === 404) facts['Number Not Found'] += 1;
      else errors.push([quote(name), error?.message ?? statusLine(status)]);
      if (errors.length >= MAX_FAILED_DELETES) {
        throw new Aborted(400, 'Max delete failures exceeded');
      }
    }
    if (errors.length > 0) facts['Response Status'] = statusLine(400);
    else if (facts['Number Deleted'] + facts['Number Not Found'] === 0) {
      throw new Aborted(400, 'Invalid bulk delete.');
    }
  } catch (error) {
    if (!(error instanceof Aborted)) throw error;
    facts['Response Status'] = statusLine(error.status);
    facts['Response Body'] = error.message;
  }
  return {
    status: 200,
    headers: format === undefined ? {} : { 'content-type': format },
    body: report(format, facts, errors, 'delete'),
  };
}

async function namedInBody(request: StorageRequest): Promise<Deletion[]> {
  const type = header(request, 'content-type');
  if (type && !type.startsWith('text/plain')) throw new Aborted(406, '');
  if (!hasLength(request)) throw new Aborted(411, '');
  const body = await readBody(request, (MAX_DELETES + 1) * MAX_LINE);
  const lines = body.split('\n').map((line) => line.trim());
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > MAX_DELETES) {
    throw new Aborted(413, `Maximum Bulk Deletes: ${MAX_DELETES} per request`);
  }
  if (lines.some((line) => line.length > MAX_LINE)) throw new Aborted(400, 'Invalid File Name');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const bytes = unquote(Buffer.from(line).toString('latin1'));
      const name = utf8(bytes);
      return name === undefined || name.includes('\0')
        ? { name: line, error: { status: 412, message: statusLine(412) } }
        : { name };
    });
}

/** Objects before containers, so that those are empty when their turn comes. */
function* objectsFirst(deletions: Iterable<Deletion>): Iterable<Deletion> {
  const containers: Deletion[] = [];
  for (const deletion of deletions) {
    if (deletion.name.replace(/^\/+|\/+$/g, '').includes('/')) yield deletion;
    else containers.push(deletion);
  }
  yield* containers;
}

/** The status that deleting it alone would have had. */
async function deleteOne(
  store: ObjectStore,
  request: StorageRequest,
  name: string,
): Promise<number> {
  const [container = '', ...rest] = name.replace(/^\/+/, '').split('/');
  const object = rest.join('/');
  const path = { account: request.path.account, container, object: object || undefined };
  const single = { ...request, method: 'DELETE', path };
  try {
    const { status } =
      path.object === undefined
        ? deleteContainer(store, single)
        : await deleteObject(store, single as ObjectRequest);
    return status;
  } catch (error) {
    if (error instanceof HttpFault) return error.status;
    throw error;
  }
}
