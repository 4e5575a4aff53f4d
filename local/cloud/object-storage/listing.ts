import { textFault } from './faults.js';
import type { Parameters } from './request.js';

export const LISTING_LIMIT = 10_000;

/** What a listing is asked for. */
export interface ListingQuery {
  limit: number;
  marker: string;
  endMarker: string;
  prefix: string | undefined;
  delimiter: string;
  /** Lists one level of pseudo-directories; prefix and delimiter count no more. */
  path: string | undefined;
  reverse: boolean;
}

/** One row of a listing: a record, or what several names have in common up to the delimiter. */
export type ListingRow<T> = { record: T } | { subdir: string };

/** Records in the order of their names' bytes, read lazily, from a name (inclusive) on. */
export interface Scan<T> {
  forward(from: string | undefined): Iterable<T>;
  backward(from: string | undefined): Iterable<T>;
}

/** Reads the parameters of a listing. Throws 412 when the limit is too large, 400 for no UTF-8. */
export function listingQuery(parameters: Parameters): ListingQuery {
  const limit = parameters.text('limit') ?? '';
  const query = {
    limit: /^\d+$/.test(limit) ? Number(limit) : LISTING_LIMIT,
    marker: parameters.text('marker') ?? '',
    endMarker: parameters.text('end_marker') ?? '',
    prefix: parameters.text('prefix'),
    delimiter: parameters.text('delimiter') ?? '',
    path: parameters.text('path'),
    reverse: parameters.isTrue('reverse'),
  };
  if (query.limit > LISTING_LIMIT) {
    throw textFault(412, `Maximum limit is ${LISTING_LIMIT}`, 'html');
  }
  return query;
}

/**
 * Lists as Swift's `list_objects_iter` does. Each pseudo-directory is left by a seek past it, so
 * that a listing costs what it shows, however much lies below.
 */
export function list<T extends { name: string }>(
  scan: Scan<T>,
  query: ListingQuery,
): ListingRow<T>[] {
  const { limit, reverse, path } = query;
  const prefix = path === undefined ? (query.prefix ?? '') : path && `${path.replace(/\/+$/, '')}/`;
  const delimiter = path === undefined ? query.delimiter : '/';
  const origin = reverse ? query.endMarker : query.marker;
  const rows: ListingRow<T>[] = [];
  let after = { name: origin, inclusive: false };
  let before = reverse ? query.marker : query.endMarker;

  while (rows.length < limit) {
    let left: string | undefined;
    for (const record of within(scan, prefix, after, before, reverse)) {
      const { name } = record;
      if (rows.length >= limit) return rows;
      const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
      const below = name.slice(0, end + delimiter.length);
      if (path !== undefined) {
        if (name === prefix) continue;
        // `path` shows the directory marker `a/b/`, but nothing for what lies below it.
        if (end >= 0 && name.length > below.length) {
          left = below;
          break;
        }
      } else if (end >= 0) {
        if (below !== origin) rows.push({ subdir: below });
        left = below;
        break;
      }
      rows.push({ record });
    }
    const next = left === undefined || reverse ? left : successor(left);
    if (next === undefined) return rows;
    if (reverse) before = next;
    else after = { name: next, inclusive: path === undefined };
  }
  return rows;
}

/** The records whose names begin with the prefix and lie between both ends. */
function* within<T extends { name: string }>(
  scan: Scan<T>,
  prefix: string,
  after: { name: string; inclusive: boolean },
  before: string,
  reverse: boolean,
): Iterable<T> {
  const from = compare(after.name, prefix) < 0 ? { name: prefix, inclusive: true } : after;
  const afterPrefix = prefix === '' ? undefined : successor(prefix);
  const cut = before !== '' && (afterPrefix === undefined || compare(before, afterPrefix) < 0);
  if (reverse) {
    const until = cut ? before : afterPrefix;
    for (const record of scan.backward(until)) {
      if (record.name === until) continue;
      const order = compare(record.name, from.name);
      if (order < 0 || (order === 0 && !from.inclusive)) return;
      yield record;
    }
    return;
  }
  for (const record of scan.forward(from.name || undefined)) {
    if (record.name === from.name && !from.inclusive) continue;
    if (cut ? compare(record.name, before) >= 0 : !record.name.startsWith(prefix)) return;
    yield record;
  }
}

/** The first text after all that begin with this one; undefined when there is none. */
function successor(text: string): string | undefined {
  const characters = Array.from(text);
  const last = characters.pop()?.codePointAt(0) ?? 0x10ffff;
  if (last === 0x10ffff) return undefined;
  // The code points after U+D7FF up to U+DFFF are no characters.
  const next = last === 0xd7ff ? 0xe000 : last + 1;
  return characters.join('') + String.fromCodePoint(next);
}

/** By UTF-8 bytes; JavaScript compares UTF-16 units, which puts U+1F600 before U+FB00. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
