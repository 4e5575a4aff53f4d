import { account } from '../account.js';
import type { ImageRecord } from '../records.js';
import type { State } from '../state.js';
import { WebobFault } from '../webob-fault.js';
import { imageDocument } from './image-document.js';
import { visibleImage } from './image-store.js';

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
/** Fields whose filters may begin with an operator. */
const WITH_OPERATOR = ['name', 'id', 'status', 'container_format', 'disk_format'];

/** Query parameters that are no filters. */
const NO_FILTERS = ['limit', 'marker', 'sort', 'sort_key', 'sort_dir', 'member_status'];
const MEMBER_STATUSES = ['pending', 'accepted', 'rejected', 'all'];

/**
 * The page of images that a query asks for, newest first unless it says otherwise. What is no known
 * parameter is a filter by that field or property.
 */
export function listImages(
  state: State,
  query: URLSearchParams,
): { page: Document[]; full: boolean } {
  const limit = pageSize(query);
  const compare = comparison(query);
  const found = matchingImages(state, query).map(imageDocument).sort(compare);
  const after = markedImage(state, query.get('marker'));
  const page = found
    .filter((image) => after === undefined || compare(after, image) < 0)
    .slice(0, limit);
  return { page, full: limit > 0 && page.length === limit };
}

/** All images that a query's filters let pass, newest first. */
export function matchingImages(state: State, query: URLSearchParams): ImageRecord[] {
  const filters = [...query.entries()]
    .filter(([name]) => !NO_FILTERS.includes(name))
    .map(([name, value]) => filterBy(name, value));
  if (!query.has('os_hidden')) filters.push(({ os_hidden: hidden }) => hidden === false);
  const status = query.get('member_status') ?? 'accepted';
  if (!MEMBER_STATUSES.includes(status)) throw new WebobFault(400, `Invalid status: ${status}`);
  return listedImages(state, status, query.has('visibility'))
    .filter((image) => {
      const document = imageDocument(image);
      return filters.every((filter) => filter(document));
    })
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
}

/**
 * The images that a list is made of: of others' those for all, and those shared with the project in
 * this state of membership.
 * @param community others' community images too
 */
function listedImages(state: State, status: string, community: boolean): ImageRecord[] {
  const { projectId } = account(state);
  return state.images.all().filter(({ owner, visibility, members }) => {
    if (owner === projectId || visibility === 'public') return true;
    if (visibility === 'community') return community;
    const member = members.find((member) => member.projectId === projectId);
    if (member === undefined || visibility !== 'shared') return false;
    return status === 'all' || member.status === status;
  });
}

function markedImage(state: State, marker: string | null): Document | undefined {
  if (marker === null) return undefined;
  const image = visibleImage(state, marker);
  if (image === undefined) throw new WebobFault(400, `No image found with ID ${marker}`);
  return imageDocument(image);
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
  if (sort !== null && (query.has('sort_key') || query.has('sort_dir'))) {
    throw new WebobFault(400, 'Old and new sorting syntax cannot be combined');
  }
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
      const [x, y] = [a[key] ?? (key === 'size' ? 0 : ''), b[key] ?? (key === 'size' ? 0 : '')];
      if (x !== y) return x < y ? -sign : sign;
    }
    return 0;
  };
}

function pairs(keys: string[], directions: string[]): string[][] {
  if (directions.length > 1 && directions.length !== keys.length) {
    throw new WebobFault(400, 'Number of sort dirs does not match the number of sort keys');
  }
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
  // Glance's database knows no capital letters.
  const wanted = (WITH_OPERATOR.includes(name) ? operands(value) : [value]).map(folded);
  return (image) => wanted.includes(folded(String(image[name])));
}

function folded(text: string): string {
  return text.toLowerCase();
}

/** The values that a filter such as `in:a,"b,c"` looks for. */
function operands(filter: string): string[] {
  const [, operator, rest = ''] = /^([^:]*):(.*)$/s.exec(filter) ?? [];
  if (operator === undefined) return [filter];
  if (operator === 'eq') return [rest];
  if (operator === 'in') {
    const found = rest.match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
    return found.map((item) => item.replace(/^"(.*)"$/, '$1').replaceAll('\\"', '"'));
  }
  throw new WebobFault(400, `Unable to filter by unknown operator '${operator}'.`);
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
  if (Number.isNaN(bound)) {
    throw new WebobFault(400, `Bad "${name}" query filter format. Use ISO 8601 DateTime notation.`);
  }
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
