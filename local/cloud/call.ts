import { randomUUID } from 'node:crypto';
import { requestUrlPath } from './url-path.js';

/** The services, by their type in the catalogue. */
export type ServiceType = 'identity' | 'compute' | 'network' | 'image' | 'object-store';

/** What a request is about, known from its URL alone. */
export interface Call {
  service: ServiceType | 'admin' | 'none';
  /** The path after the service's prefix (and project), undecoded, without the query. */
  path: string;
  /** The URL the router sees: Compute's project segment taken out, Object Storage's names, too. */
  routedUrl: string;
  /** The project named in Compute's or Object Storage's path. */
  urlProject: string | undefined;
  /** `req-…`, or `tx…` for Object Storage. */
  requestId: string;
  /** Whether this is Compute's old `/v2`, which ignores unknown attributes. */
  legacyCompute: boolean;
}

const COMPUTE = /^\/compute\/(v2\.1|v2)(?:\/([0-9a-f]{32}|[0-9]{4,}))?(\/.*)?$/;
const STORAGE = /^(?:\/object-store)?\/v1(?:\/([^/]+)(\/.*)?)?$/;
const PREFIXES: [RegExp, ServiceType | 'admin'][] = [
  [/^\/identity\/v3(?=\/|$)/, 'identity'],
  [/^\/identity\/v2\.0(?=\/|$)/, 'identity'],
  [/^\/v2\.0(?=\/|$)/, 'identity'],
  [/^\/identity(?=\/|$)/, 'identity'],
  [/^\/networking\/v2\.0(?=\/|$)/, 'network'],
  [/^\/networking(?=\/|$)/, 'network'],
  [/^\/image\/v2(?=\/|$)/, 'image'],
  [/^\/image(?=\/|$)/, 'image'],
  [/^\/compute(?=\/|$)/, 'compute'],
  [/^\/object-store(?=\/|$)/, 'object-store'],
  [/^\/info$/, 'object-store'],
  [/^\/_admin(?=\/|$)/, 'admin'],
];

/** Tells what a request is about. */
export function describeCall(url: string): Call {
  const { path, query } = requestUrlPath(url);
  const compute = COMPUTE.exec(path);
  if (compute !== null) {
    const rest = compute[3] ?? '';
    return {
      service: 'compute',
      path: rest || '/',
      routedUrl: `/compute/v2.1${rest}${query}`,
      urlProject: compute[2],
      requestId: `req-${randomUUID()}`,
      legacyCompute: compute[1] === 'v2',
    };
  }
  const storage = STORAGE.exec(path);
  if (storage !== null) {
    return {
      service: 'object-store',
      path: storage[2] ?? '/',
      // Names of objects are none of the router's business: it would decode and refuse them.
      routedUrl: `/v1${query}`,
      urlProject: storage[1],
      requestId: storageTransactionId(),
      legacyCompute: false,
    };
  }
  const known = PREFIXES.find(([prefix]) => prefix.test(path));
  const service = known?.[1] ?? 'none';
  return {
    service,
    path: known === undefined ? path : path.replace(known[0], '') || '/',
    routedUrl: url,
    urlProject: undefined,
    requestId: service === 'object-store' ? storageTransactionId() : `req-${randomUUID()}`,
    legacyCompute: false,
  };
}

function storageTransactionId(): string {
  const random = randomUUID().replaceAll('-', '').slice(0, 21);
  return `tx${random}-${Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(10, '0')}`;
}
