import type { FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { queryOf } from '../query.js';

/** A link of a document. */
export interface Link {
  rel: string;
  href: string;
  type?: string;
}

/** Nova's `osapi_max_limit`: a page never holds more. */
export const MAX_PAGE = 1000;

/** The links that Nova puts into its documents, for one request. */
export class Links {
  private readonly prefix: string;
  private readonly bookmarkPrefix: string;

  constructor(
    cloud: Cloud,
    private readonly request: FastifyRequest,
  ) {
    const { urlProject, legacyCompute } = request.call;
    const project = urlProject === undefined ? '' : `/${urlProject}`;
    this.prefix = `${cloud.url}/compute/${legacyCompute ? 'v2' : 'v2.1'}${project}`;
    this.bookmarkPrefix = `${cloud.url}/compute${project}`;
  }

  /** @param path under the project: `servers/UUID` */
  self(path: string): string {
    return `${this.prefix}/${path}`;
  }

  bookmark(path: string): Link {
    return { rel: 'bookmark', href: `${this.bookmarkPrefix}/${path}` };
  }

  of(path: string): Link[] {
    return [{ rel: 'self', href: this.self(path) }, this.bookmark(path)];
  }

  /**
   * The link to the next page, as `{servers_links: […]}`: there is one when the page is full, even
   * when nothing follows.
   */
  next(
    path: string,
    key: string,
    page: number,
    lastId: string | undefined,
  ): Record<string, Link[]> {
    const query = queryOf(this.request);
    const { limit } = pageOf(query);
    if (limit === 0 || limit !== page || lastId === undefined) return {};
    query.sort();
    query.set('marker', lastId);
    return { [key]: [{ rel: 'next', href: `${this.prefix}/${path}?${query.toString()}` }] };
  }
}

/** The size of the asked page, and the id after which it begins. */
export function pageOf(query: URLSearchParams): { limit: number; marker: string | undefined } {
  return {
    limit: Math.min(Number(query.getAll('limit').at(-1) ?? MAX_PAGE), MAX_PAGE),
    marker: query.getAll('marker').at(-1),
  };
}

/**
 * One page of a list.
 * @param absent the error for a marker that is not in the list
 */
export function pageItems<T>(
  items: T[],
  query: URLSearchParams,
  idOf: (item: T) => string,
  absent: (marker: string) => Error,
): T[] {
  const { limit, marker } = pageOf(query);
  const at = marker === undefined ? -1 : items.findIndex((item) => idOf(item) === marker);
  if (marker !== undefined && at < 0) throw absent(marker);
  return items.slice(at + 1, at + 1 + limit);
}
