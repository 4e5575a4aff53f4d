import { createHmac } from 'node:crypto';

/** Digests for signatures, best first: SHA-512 is no safer here and doubles the URL in the user-data. */
const TEMP_URL_DIGESTS = ['sha256', 'sha512', 'sha1'] as const;

export type TempUrlDigest = (typeof TEMP_URL_DIGESTS)[number];

/** The digests of a cloud's `/info` that can be made here, best first; SHA-1 is all that old Swift knows. */
export function usableDigests(allowed: readonly string[] | undefined): TempUrlDigest[] {
  const usable = TEMP_URL_DIGESTS.filter((digest) => allowed?.includes(digest));
  return usable.length > 0 ? usable : ['sha1'];
}

/** Address of an object, or of its container without a name. Each part percent-encoded, slashes of a name kept. */
export function objectUrl(storageUrl: string, container: string, name?: string): string {
  const base = `${storageUrl.replace(/\/+$/, '')}/${encodeURIComponent(container)}`;
  return name === undefined ? base : `${base}/${name.split('/').map(encodeURIComponent).join('/')}`;
}

/**
 * Signs a URL for an object of any name but one with `.` or `..` as a part, which clients resolve before they send.
 *
 * Swift's TempURL middleware compares an HMAC over `METHOD\nexpires\npath`, the path percent-decoded and beginning at
 * the API version: a prefix that the service is mounted under (`/object-store/v1/…`) is not part of it. pkgcloud cuts
 * at every `/v1`, also inside names, and signs the encoded path.
 *
 * @param storageUrl the account's address in object storage, e.g. `https://host/v1/AUTH_project`
 * @param expires seconds since the epoch
 */
export function signTempUrl(
  storageUrl: string,
  request: { method: string; container: string; name: string; expires: number },
  key: string,
  digest: TempUrlDigest,
): string {
  const { method, container, name, expires } = request;
  const path = `${signedAccountPath(storageUrl)}/${container}/${name}`;
  const signature = createHmac(digest, key).update(`${method}\n${expires}\n${path}`).digest('hex');
  return `${objectUrl(storageUrl, container, name)}?temp_url_sig=${signature}&temp_url_expires=${expires}`;
}

function signedAccountPath(storageUrl: string): string {
  const path = decodeURIComponent(new URL(storageUrl).pathname).replace(/\/+$/, '');
  const version = /\/v\d+(?:\.\d+)?(?=\/|$)/.exec(path);
  return version ? path.slice(version.index) : path;
}
