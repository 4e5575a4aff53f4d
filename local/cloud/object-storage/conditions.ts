import { header, type StorageRequest } from './request.js';
import { parseHttpDate } from './times.js';

/**
 * What a GET or HEAD with conditions is answered with: 304, 412, or undefined: the object.
 * @param etag without quotes
 */
export function conditionalStatus(
  request: StorageRequest,
  etag: string,
  lastModified: number,
): 304 | 412 | undefined {
  const noneMatch = header(request, 'if-none-match');
  if (noneMatch !== undefined && matches(noneMatch, etag)) return 304;
  const match = header(request, 'if-match');
  if (match !== undefined && !matches(match, etag)) return 412;
  const modifiedSince = parseHttpDate(header(request, 'if-modified-since'));
  if (modifiedSince !== undefined && lastModified <= modifiedSince) return 304;
  const unmodifiedSince = parseHttpDate(header(request, 'if-unmodified-since'));
  if (unmodifiedSince !== undefined && lastModified > unmodifiedSince) return 412;
  return undefined;
}

/** Whether a list of ETags (`*` is any) holds this one. */
export function matches(list: string, etag: string): boolean {
  const tags = list.split(',').map((tag) => unquoted(tag.trim()));
  return tags.includes('*') || tags.includes(etag);
}

/** An ETag without the quotes around it. */
export function unquoted(etag: string): string {
  return /^".+"$/.test(etag) ? etag.slice(1, -1) : etag;
}
