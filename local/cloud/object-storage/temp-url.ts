import { createHmac, timingSafeEqual } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { Cloud } from '../cloud.js';
import { signedAccess, type Access } from './access.js';
import { textFault } from './faults.js';
import type { ObjectStore } from './object-store.js';
import { quote } from './percent-encoding.js';
import type { Answer, StoragePath } from './request.js';
import { httpDate } from './times.js';

export const DIGESTS = ['sha1', 'sha256', 'sha512'];
export const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];

/** A temp URL whose signature is right. */
export interface TempUrl {
  access: Access;
  /** Seconds since the epoch. */
  expires: number;
  filename: string | undefined;
  inline: boolean;
}

/**
 * Checks the signature in a request's URL; undefined when the URL has none.
 * @param query of its parameters the first of a name counts, unlike elsewhere
 * @throws {HttpFault} 401 for anything that is wrong with it, 400 for a header it may not carry
 */
export function checkTempUrl(
  cloud: Cloud,
  store: ObjectStore,
  request: { method: string; path: StoragePath; headers: object; remoteAddress: string },
  query: URLSearchParams,
): TempUrl | undefined {
  const signature = query.get('temp_url_sig');
  if (request.method === 'OPTIONS') return undefined;
  if (signature === null && !query.has('temp_url_expires')) return undefined;
  const given = { signature: signature ?? '', query };
  const scope = matchingScope(store, request, given);
  if (scope === undefined) throw invalid();
  refuseHeaders(request);
  return {
    access: signedAccess(cloud, scope),
    expires: expiry(query.get('temp_url_expires')),
    filename: query.get('filename') || undefined,
    inline: query.has('inline'),
  };
}

/** What a temp URL's answer shows: no metadata but public, and how a browser shall save it. */
export function tempUrlAnswer(
  tempUrl: TempUrl,
  method: string,
  path: StoragePath,
  answer: Answer,
): Answer {
  const headers = Object.fromEntries(
    Object.entries(answer.headers).filter(
      ([name]) => !name.startsWith('x-object-meta-') || name.startsWith('x-object-meta-public-'),
    ),
  );
  const isRead = method === 'GET' || method === 'HEAD';
  if (!isRead || answer.status < 200 || answer.status > 299) return { ...answer, headers };
  headers['content-disposition'] = disposition(tempUrl, path, headers);
  headers.expires = httpDate(tempUrl.expires);
  return { ...answer, headers };
}

/** Where the key that signed the URL reaches: the account, or its container; undefined: no key did. */
function matchingScope(
  store: ObjectStore,
  { method, path, remoteAddress }: { method: string; path: StoragePath; remoteAddress: string },
  { signature, query }: { signature: string; query: URLSearchParams },
): StoragePath | undefined {
  const { account, container, object } = path;
  const digest = parseSignature(signature);
  const expires = expiry(query.get('temp_url_expires'));
  const ipRange = query.get('temp_url_ip_range');
  if (digest === undefined || expires < Date.now() / 1000) return undefined;
  if (!METHODS.includes(method) || container === undefined) return undefined;
  if (!object?.replaceAll('/', '') || account !== store.account) return undefined;
  if (ipRange && !isInRange(remoteAddress, ipRange)) return undefined;

  const prefix = query.get('temp_url_prefix');
  if (prefix !== null && !object.startsWith(prefix)) return undefined;
  const target =
    prefix === null
      ? `/v1/${account}/${container}/${object}`
      : `prefix:/v1/${account}/${container}/${prefix}`;
  const signed = `${expires}\n${target}`;
  // Whoever may read or write an object may look at it.
  const methods = method === 'HEAD' ? ['HEAD', 'GET', 'POST', 'PUT'] : [method];
  const ip = ipRange ? `ip=${ipRange}\n` : '';
  for (const [key, scope] of keys(store, account, container)) {
    for (const allowed of methods) {
      const hmac = createHmac(digest.algorithm, key).update(`${ip}${allowed}\n${signed}`).digest();
      if (hmac.length === digest.value.length && timingSafeEqual(hmac, digest.value)) return scope;
    }
  }
  return undefined;
}

/** Hexadecimal, told apart by length, or `sha256:` and Base64 of either alphabet. */
function parseSignature(text: string): { algorithm: string; value: Buffer } | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) {
    const algorithm = { 40: 'sha1', 64: 'sha256', 128: 'sha512' }[text.length];
    if (algorithm === undefined || !/^[0-9a-f]*$/.test(text)) return undefined;
    return { algorithm, value: Buffer.from(text, 'hex') };
  }
  const algorithm = text.slice(0, colon);
  const value = text.slice(colon + 1);
  if (!DIGESTS.includes(algorithm) || !/^([A-Za-z0-9+/]*|[\w-]*)=*$/.test(value)) return undefined;
  return { algorithm, value: Buffer.from(value, 'base64') };
}

/** Seconds since the epoch, written as such or as ISO 8601 in UTC; 0 for neither. */
function expiry(text: string | null): number {
  if (/^\s*[+-]?\d+\s*$/.test(text ?? '')) return Number(text);
  const iso = /^\d{4}-\d{1,2}-\d{1,2}T\d{1,2}:\d{1,2}:\d{1,2}Z$/.exec(text ?? '');
  const [year, month, day, hour, minute, second] = (iso?.[0].match(/\d+/g) ?? []).map(Number);
  const ms = Date.UTC(year ?? NaN, (month ?? NaN) - 1, day, hour, minute, second);
  return Number.isNaN(ms) ? 0 : ms / 1000;
}

function* keys(
  store: ObjectStore,
  account: string,
  container: string,
): Iterable<[key: Buffer, scope: StoragePath]> {
  for (const name of ['temp-url-key', 'temp-url-key-2']) {
    const key = store.accountRecord()?.metadata[`x-account-meta-${name}`];
    if (key) yield [Buffer.from(key, 'latin1'), { account }];
  }
  for (const name of ['temp-url-key', 'temp-url-key-2']) {
    const key = store.container(container)?.metadata[`x-container-meta-${name}`];
    if (key) yield [Buffer.from(key, 'latin1'), { account, container }];
  }
}

/** Whether an address lies in a network; one with bits set beyond its mask is none. */
function isInRange(address: string, range: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const client = ipaddr.process(address);
  if (ipaddr.isValid(range)) return client.toString() === ipaddr.process(range).toString();
  if (!ipaddr.isValidCIDR(range)) return false;
  const [network, bits] = ipaddr.parseCIDR(range);
  const first =
    network.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(range)
      : ipaddr.IPv6.networkAddressFromCIDR(range);
  if (first.toString() !== network.toString() || client.kind() !== network.kind()) return false;
  return client.match(network, bits);
}

/** A signed write must not make an object that points to what the URL gives no access to. */
function refuseHeaders({ method, headers }: { method: string; headers: object }): void {
  if (method === 'GET' || method === 'HEAD') return;
  for (const [name, title] of Object.entries({
    'x-object-manifest': 'X-Object-Manifest',
    'x-symlink-target': 'X-Symlink-Target',
    'x-copy-from': 'X-Copy-From',
  })) {
    if (name in headers) {
      throw textFault(400, `The header '${title}' is not allowed in this tempurl`, 'html');
    }
  }
}

function disposition(
  { filename, inline }: TempUrl,
  { object = '' }: StoragePath,
  headers: Record<string, string>,
): string {
  const named = (kind: string, name: string): string =>
    `${kind}; filename="${quote(name, ' /')}"; filename*=UTF-8''${quote(name)}`;
  if (inline) return filename === undefined ? 'inline' : named('inline', filename);
  if (filename !== undefined) return named('attachment', filename);
  const existing = headers['content-disposition'];
  if (existing !== undefined) return existing;
  return named('attachment', object.replace(/\/+$/, '').split('/').pop() ?? '');
}

function invalid(): ReturnType<typeof textFault> {
  const fault = textFault(401, '401 Unauthorized: Temp URL invalid\n', 'html');
  fault.headers['www-authenticate'] = 'Swift realm="unknown"';
  return fault;
}
