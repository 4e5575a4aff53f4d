import type { ImageRecord } from '../records.js';
import { WebobFault } from '../webob-fault.js';

type Document = Record<string, unknown>;

/** Glance's `limit_param_default` and `api_limit_max`. */
const DEFAULT_PAGE = 25;
const MAX_PAGE = 1000;

const SORT_KEYS = ['name', 'status', 'container_format', 'disk_format', 'size', 'id'].concat([
  'created_at',
  'updated_at',
]);
const VISIBILITIES = ['community', 'public', 'private', 'shared', 'all'];
const TIMES = ['created_at', 'updated_at'];
const BOOLEANS = ['protected', 'os_hidden'];

/** Query parameters that are no filters. */
const NO_FILTERS = ['limit', 'marker', 'sort', 'sort_key', 'sort_dir', 'member_status'];

/**
 * The page of images that a query asks for, newest first unless it says otherwise. What is no known
 * parameter is a filter by that field or property.
 * @param document an image as the API shows it
 */
export function listImages(
  images: ImageRecord[],
  document: (image: ImageRecord) => Document,
  query: URLSearchParams,
): { page: Document[]; full: boolean } {
  const limit = pageSize(query);
  const compare = comparison(query);
  const filters = [...query.entries()]
    .filter(([name]) => !NO_FILTERS.includes(name))
    .map(([name, value]) => filterBy(name, value));
  const found = images
    .map(document)
    .filter((image) => filters.every((filter) => filter(image)))
    .sort(compare);
  const marker = query.get('marker');
  const at = marker === null ? -1 : found.findIndex(({ id }) => id === marker);
  if (marker !== null && !images.some(({ id }) => id === marker)) {
    throw new WebobFault(400, `No image found with ID ${marker}`);
  }
  const page = found.slice(at + 1, at + 1 + limit);
  return { page, full: limit > 0 && page.length === limit };
}

function pageSize(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return DEFAULT_PAGE;
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw new WebobFault(400, 'limit param must be an integer');
  if (Number(text) < 0) throw new WebobFault(400, 'limit param must be positive');
  return Math.min(Number(text), MAX_PAGE);
}

function comparison(query: URLSearchParams): (a: Document, b: Document) => number {
  const sort = query.get('sort');
  const orders =
    sort === null
      ? pairs(query.getAll('sort_key'), query.getAll('sort_dir'))
      : sort.split(',').map((part) => part.trim().split(':'));
  const columns = [...orders, ['created_at', 'desc'], ['id', 'desc']].map(
    ([key = '', direction = 'desc']) => {
      requireSort(key, direction);
      return { key, sign: direction === 'asc' ? 1 : -1 };
    },
  );
  return (a, b) => {
    for (const { key, sign } of columns) {
      const [x, y] = [a[key] as string, b[key] as string];
      if (x !== y) return x < y ? -sign : sign;
    }
    return 0;
  };
}

function pairs(keys: string[], directions: string[]): string[][] {
  const named = keys.length === 0 && directions.length > 0 ? ['created_at'] : keys;
  return named.map((key, i) => [key, directions[i] ?? directions[0] ?? 'desc']);
}

function requireSort(key: string, direction: string): void {
  if (!SORT_KEYS.includes(key)) {
    const known = SORT_KEYS.join(', ');
    throw new WebobFault(
      400,
      `Invalid sort key: ${key}. It must be one of the following: ${known}.`,
    );
  }
  if (direction !== 'asc' && direction !== 'desc') {
    throw new WebobFault(400, `Invalid sort direction: ${direction}`);
  }
}

function filterBy(name: string, value: string): (image: Document) => boolean {
  if (name === 'visibility') {
    if (!VISIBILITIES.includes(value)) {
      throw new WebobFault(400, `Invalid visibility value: ${value}`);
    }
    return ({ visibility }) => value === 'all' || visibility === value;
  }
  if (name === 'tag') return ({ tags }) => (tags as string[]).includes(value);
  if (name === 'size_min' || name === 'size_max') return sizeFilter(name, value);
  if (TIMES.includes(name)) return timeFilter(name, value);
  if (BOOLEANS.includes(name)) return booleanFilter(name, value);
  const wanted = value.startsWith('in:') ? value.slice(3).split(',') : [value];
  return (image) => wanted.includes(String(image[name]));
}

function sizeFilter(name: string, value: string): (image: Document) => boolean {
  if (!/^-?\d+$/.test(value)) {
    throw new WebobFault(400, 'Unable to filter on a range with a non-numeric value.');
  }
  const bound = Number(value);
  return ({ size }) => (name === 'size_min' ? Number(size) >= bound : Number(size) <= bound);
}

function timeFilter(name: string, value: string): (image: Document) => boolean {
  const [, operator = 'eq', text = ''] = /^(?:(gte|gt|lte|lt|eq|neq):)?(.*)$/.exec(value) ?? [];
  const bound = Date.parse(text);
  const compare: Record<string, (time: number) => boolean> = {
    eq: (time) => time === bound,
    neq: (time) => time !== bound,
    gt: (time) => time > bound,
    gte: (time) => time >= bound,
    lt: (time) => time < bound,
    lte: (time) => time <= bound,
  };
  return (image) => compare[operator]?.(Date.parse(String(image[name]))) ?? false;
}

function booleanFilter(name: string, value: string): (image: Document) => boolean {
  if (!/^(true|false)$/i.test(value)) {
    throw new WebobFault(
      400,
      `Invalid value '${value}' for '${name}' filter. Valid values are 'true' or 'false'.`,
    );
  }
  return (image) => image[name] === (value.toLowerCase() === 'true');
}
