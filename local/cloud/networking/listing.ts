import type { FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import type { HttpFault } from '../fault-error.js';
import { queryOf } from '../query.js';
import { pythonRepr } from '../python-text.js';
import { requestUrlPath } from '../url-path.js';
import type { AttributeMap, Json } from './attributes.js';
import { extensionAliases } from './extensions.js';
import { badRequest, badRequestOf } from './faults.js';

/** What is listed, and how. */
export interface Listed {
  collection: string;
  attributes: AttributeMap;
  /** Filters that are more than "has one of these values". */
  filters: Record<string, (values: string[]) => (document: Json) => boolean>;
  /** What a page that starts after nothing known answers; without it, the first page. */
  unknownMarker?: (id: string) => HttpFault;
}

type Order = [key: string, ascending: boolean][];

const NO_FILTERS = ['fields', 'sort_key', 'sort_dir', 'limit', 'marker', 'page_reverse'];

/**
 * A list as a request asks for it: filtered, sorted (by id where nothing else decides), cut into
 * pages, with the fields that were named.
 */
export function listAnswer(
  listed: Listed,
  request: FastifyRequest,
  cloud: Pick<Cloud, 'profile' | 'url'>,
  documents: Json[],
): Json {
  const { collection, attributes } = listed;
  const query = queryOf(request);
  const passes = filterOf(listed, query, cloud);
  const order = orderOf(attributes, query);
  const limit = limitOf(query);
  const page = pageOf(listed, documents, { passes, order, limit, query });
  const answer: Json = { [collection]: page.map((document) => withFields(document, query)) };
  if (limit > 0) {
    const links = linksOf(
      `${cloud.url}${requestUrlPath(request.originalUrl).path}`,
      query,
      page,
      limit,
    );
    if (links.length > 0) answer[`${collection}_links`] = links;
  }
  return answer;
}

/** Only the fields that the query names; all of them when it names none. */
export function withFields(document: Json, query: URLSearchParams): Json {
  const fields = query.getAll('fields');
  if (fields.length === 0) return document;
  return Object.fromEntries(Object.entries(document).filter(([field]) => fields.includes(field)));
}

/** What a cloud cannot filter by it refuses, or (without the extension that says so) ignores. */
function filterOf(
  listed: Listed,
  query: URLSearchParams,
  { profile }: Pick<Cloud, 'profile'>,
): (document: Json) => boolean {
  const isFilter = (name: string): boolean =>
    listed.filters[name] !== undefined || listed.attributes[name]?.filter === true;
  const names = [...new Set(query.keys())].filter((name) => !NO_FILTERS.includes(name));
  const invalid = names.filter((name) => !isFilter(name));
  if (invalid.length > 0 && extensionAliases(profile).has('filter-validation')) {
    throw badRequest(`${pythonRepr(invalid)} is invalid attribute for filtering`);
  }
  const filters = names.filter(isFilter).map((name) => {
    const values = query.getAll(name);
    return listed.filters[name]?.(values) ?? hasOneOf(listed.attributes, name, values);
  });
  return (document) => filters.every((filter) => filter(document));
}

/** Text is compared as the database's collation does: whatever its case. */
function hasOneOf(
  attributes: AttributeMap,
  name: string,
  values: string[],
): (document: Json) => boolean {
  const convert = attributes[name]?.convert ?? ((value: unknown) => value);
  const wanted = new Set(values.map((value) => folded(convert(value))));
  return (document) => [document[name]].flat().some((value) => wanted.has(folded(value)));
}

function folded(value: unknown): string {
  return String(value).toLowerCase();
}

function orderOf(attributes: AttributeMap, query: URLSearchParams): Order {
  const keys = query.getAll('sort_key').filter(Boolean);
  const directions = query.getAll('sort_dir').filter(Boolean);
  if (keys.length !== directions.length) {
    throw badRequest('The number of sort_keys and sort_dirs must be same');
  }
  const absent = keys.filter((key) => attributes[key]?.sort !== true);
  if (absent.length > 0) {
    throw badRequest(`${pythonRepr(absent)} is invalid attribute for sort_keys`);
  }
  const invalid = directions.filter((direction) => direction !== 'asc' && direction !== 'desc');
  if (invalid.length > 0) {
    throw badRequest(
      `${pythonRepr(invalid)} is invalid value for sort_dirs, valid value is 'asc' and 'desc'`,
    );
  }
  const order = keys.map((key, i): [string, boolean] => [key, directions[i] === 'asc']);
  return keys.includes('id') ? order : [...order, ['id', true]];
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') ?? '0';
  if (/^\s*\+?\d+\s*$/.test(text)) return Number(text);
  throw badRequestOf('limit', `Limit must be an integer 0 or greater and not '${text}'`);
}

function pageOf(
  listed: Listed,
  documents: Json[],
  how: {
    passes: (document: Json) => boolean;
    order: Order;
    limit: number;
    query: URLSearchParams;
  },
): Json[] {
  const { passes, order, limit, query } = how;
  const sorted = documents.filter(passes).sort((a, b) => compare(a, b, order));
  if (limit === 0) return sorted;
  const reverse = isReverse(query);
  const markerId = query.get('marker');
  const marker = documents.find(({ id }) => id === markerId);
  if (markerId && marker === undefined && listed.unknownMarker !== undefined) {
    throw listed.unknownMarker(markerId);
  }
  if (reverse) {
    const before =
      marker === undefined
        ? sorted
        : sorted.filter((document) => compare(document, marker, order) < 0);
    return before.slice(-limit);
  }
  const after =
    marker === undefined
      ? sorted
      : sorted.filter((document) => compare(document, marker, order) > 0);
  return after.slice(0, limit);
}

function isReverse(query: URLSearchParams): boolean {
  return query.get('page_reverse')?.toLowerCase() === 'true';
}

function compare(a: Json, b: Json, order: Order): number {
  for (const [key, ascending] of order) {
    const result = compareValues(a[key], b[key]);
    if (result !== 0) return ascending ? result : -result;
  }
  return 0;
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [folded(a ?? ''), folded(b ?? '')];
  return x < y ? -1 : x > y ? 1 : 0;
}

function linksOf(path: string, query: URLSearchParams, page: Json[], limit: number): Json[] {
  const link = (rel: string, marker: Json | undefined, reverse: boolean) => {
    const parameters = new URLSearchParams(query);
    parameters.delete('marker');
    parameters.delete('page_reverse');
    if (marker !== undefined) parameters.set('marker', marker.id as string);
    if (reverse) parameters.set('page_reverse', 'True');
    return { rel, href: `${path}?${parameters.toString()}` };
  };
  const isShort = page.length < limit;
  const reverse = isReverse(query);
  return [
    ...(isShort && !reverse ? [] : [link('next', page.at(-1), false)]),
    ...(isShort && reverse ? [] : [link('previous', page[0], true)]),
  ];
}
