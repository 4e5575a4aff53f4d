import { STORAGE_POLICY } from './container-requests.js';
import { textFault, swiftFault } from './faults.js';
import { list, listingQuery } from './listing.js';
import { containerEntry, listingAnswer, listingFormat, varies } from './listing-format.js';
import { changedMetadata, checkMetadata, shownMetadata } from './metadata.js';
import type { ObjectStore } from './object-store.js';
import type { Answer, StorageRequest } from './request.js';
import { timestamp } from './times.js';

const MAX_ACCOUNT_NAME = 256;

export function readAccount(store: ObjectStore, request: StorageRequest): Answer {
  const format = listingFormat(request);
  request.access.require(request.path);
  checkName(request);
  const query = listingQuery(request.parameters);
  const headers = accountHeaders(store, request);
  if (request.method === 'GET') {
    const rows = list(store.containers(), { ...query, path: undefined });
    return listingAnswer(request, headers, rows.map(containerEntry));
  }
  return {
    // An account that nothing was written to yet answers with an (empty) listing.
    status: store.accountRecord() === undefined ? 200 : 204,
    headers: {
      ...headers,
      ...varies(request),
      'content-type': `${format}; charset=utf-8`,
      'content-length': '0',
    },
  };
}

export function postAccount(store: ObjectStore, request: StorageRequest): Answer {
  request.access.require(request.path);
  checkName(request);
  checkMetadata(request.headers, 'account');
  // Only a reseller's admin sets quotas.
  if ('x-account-meta-quota-bytes' in request.headers) throw swiftFault(403);
  store.changeAccount((metadata) => changedMetadata(metadata, request.headers, 'account'));
  return { status: 204, headers: {} };
}

function checkName({ path }: StorageRequest): void {
  const length = Array.from(path.account).length;
  if (length > MAX_ACCOUNT_NAME) {
    const message = `Account name length of ${length} longer than ${MAX_ACCOUNT_NAME}`;
    throw textFault(400, message, 'html');
  }
}

function accountHeaders(store: ObjectStore, { access }: StorageRequest): Record<string, string> {
  const record = store.accountRecord();
  const totals = {
    'container-count': record?.containers ?? 0,
    'object-count': record?.objects ?? 0,
    'bytes-used': record?.bytes ?? 0,
  };
  const createdAt = timestamp(record?.createdAt ?? Date.now());
  const headers: Record<string, string> = {
    ...shownMetadata(record?.metadata ?? {}, access.isOwner),
    'x-timestamp': createdAt,
    'accept-ranges': 'bytes',
    'x-account-project-domain-id': 'default',
  };
  for (const [name, value] of Object.entries(totals)) {
    headers[`x-account-${name}`] = String(value);
    if (record !== undefined) {
      headers[`x-account-storage-policy-${STORAGE_POLICY.toLowerCase()}-${name}`] = String(value);
    }
  }
  return headers;
}
