import type { Redact } from './redact.js';

/** What a cloud answered to one HTTP request, whichever client sent it. */
export interface Answer {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string | string[] | undefined>;
  /** The body as text; empty when there was none. */
  text: string;
}

/** Longest stretch of a cloud's own words that goes into a failure: it ends up in workflow histories. */
const MAX_WORDS = 500;

/** One header's value, the first when it came more than once. */
export function header(answer: Pick<Answer, 'headers'>, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The id to quote to the cloud's operators; Nova, Neutron, Keystone and Swift each name it differently. */
export function requestId(answer: Pick<Answer, 'headers'>): string | undefined {
  for (const name of [
    'x-openstack-request-id',
    'x-compute-request-id',
    'x-trans-id',
    'x-request-id',
  ]) {
    const value = header(answer, name);
    if (value) {
      return value;
    }
  }
  return undefined;
}

/**
 * Seconds after which the cloud said to come again: `Retry-After` as seconds or date, or the `retryAfter` that
 * the older compute API puts into an `overLimit` body. `undefined` when it named no time; 0, which the same API puts
 * on a quota, is none.
 *
 * @param now milliseconds since the epoch; the answer's own `Date` when it has one, since clocks differ
 */
export function retryAfterSeconds(
  answer: Answer,
  now = Date.parse(header(answer, 'date') ?? '') || Date.now(),
): number | undefined {
  const said = header(answer, 'retry-after')?.trim() || retryTimeInBody(parsedBody(answer));
  if (said === undefined) {
    return undefined;
  }
  const seconds = Number(said);
  if (!Number.isNaN(seconds)) {
    return seconds > 0 && Number.isFinite(seconds) ? Math.ceil(seconds) : undefined;
  }
  const date = Date.parse(said);
  return Number.isNaN(date) ? undefined : Math.max(1, Math.ceil((date - now) / 1000));
}

/**
 * The sentence in which the cloud says what is wrong, without secrets; empty when it says nothing. Nova wraps it in one
 * key named after the fault, Neutron in `NeutronError`, Keystone in `error`; Swift answers HTML or plain text.
 */
export function cloudWords(answer: Answer, redact: Redact): string {
  const body = parsedBody(answer);
  const words = (body && messageIn(body)) ?? plainText(answer.text);
  // Redacted first: half a secret, where the words are cut off, would not be known for one.
  return shorten(withoutEcho(redact(words)));
}

/** The body when it is a JSON object. */
export function parsedBody(answer: Pick<Answer, 'text'>): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(answer.text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function messageIn(body: Record<string, unknown>): string | undefined {
  for (const value of [body, ...Object.values(body)]) {
    if (isObject(value)) {
      const message = value.message ?? value.detail;
      if (typeof message === 'string' && message !== '') {
        return message.replace(/\s+/g, ' ').trim();
      }
    }
  }
  const only = Object.values(body)[0];
  return typeof only === 'string' && only !== '' ? only : undefined;
}

function retryTimeInBody(body: Record<string, unknown> | undefined): string | undefined {
  for (const value of Object.values(body ?? {})) {
    if (isObject(value)) {
      const time = value.retryAfter;
      if (typeof time === 'string' || typeof time === 'number') {
        return String(time);
      }
    }
  }
  return undefined;
}

function plainText(text: string): string {
  return text
    .replace(/<(script|style|title|head)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * Nova's schema errors quote the refused value ("Invalid input for field/attribute user_data. Value: …"), and user-data
 * holds signed URLs: long unbroken stretches are withheld.
 */
function withoutEcho(words: string): string {
  return words
    .replace(/\bValue: .*?(?=\. |$)/s, 'Value: [withheld]')
    .replace(/\S{80,}/g, '[withheld]');
}

function shorten(words: string): string {
  return words.length <= MAX_WORDS ? words : `${words.slice(0, MAX_WORDS - 1)}…`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
