import { z } from 'zod';
import { unexpectedAnswer } from './failures.js';
import type { ServiceType } from './pkgcloud.js';
import type { CallOptions } from './port.js';
import type { ServiceAnswer, Session } from './session.js';

/** Nova and Neutron cap a page at their own limit without saying so. */
const PAGE_LIMIT = 1000;

const linksSchema = z.array(z.object({ rel: z.string() })).optional();

/** What to list: the collection is both the key of the answer and, with `_links`, that of its page links. */
export interface Listing<T> {
  service: ServiceType;
  attempted: string;
  path: string;
  collection: string;
  item: z.ZodType<T>;
  query?: Record<string, string>;
}

/** All pages of a Nova or Neutron list. A page's length does not tell the last one, its `next` link does. */
export async function listPages<T extends { id: string }>(
  session: Session,
  { service, attempted, path, collection, item, query }: Listing<T>,
  options: CallOptions = {},
): Promise<T[]> {
  const items: T[] = [];
  const links = `${collection}_links`;
  const page = z.object({ [collection]: z.array(item), [links]: linksSchema });
  let marker: string | undefined;
  for (;;) {
    const qs = { ...query, limit: PAGE_LIMIT, ...(marker === undefined ? {} : { marker }) };
    const answer = await session.request(service, attempted, { path, qs }, options);
    const body = readAnswer(page, answer, attempted);
    const found = body[collection] as T[];
    items.push(...found);
    const last = found.at(-1)?.id;
    const next = (body[links] as z.infer<typeof linksSchema>)?.some(({ rel }) => rel === 'next');
    if (!next || last === undefined || last === marker) {
      return items;
    }
    marker = last;
  }
}

/** The answer's body in the shape the API promises; names what is wrong with it, without quoting it. */
export function readAnswer<T>(schema: z.ZodType<T>, answer: ServiceAnswer, attempted: string): T {
  const parsed = schema.safeParse(answer.body);
  if (!parsed.success) {
    throw unexpectedAnswer(attempted, `the answer lacks ${missing(parsed.error)}`, answer);
  }
  return parsed.data;
}

/** As {@link readAnswer}, for what a method of pkgcloud hands back. */
export function readValue<T>(schema: z.ZodType<T>, value: unknown, attempted: string): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw unexpectedAnswer(attempted, `the answer lacks ${missing(parsed.error)}`);
  }
  return parsed.data;
}

function missing(error: z.ZodError): string {
  const paths = error.issues.map(({ path }) => path.join('.') || 'a JSON body');
  return [...new Set(paths)].join(', ');
}
