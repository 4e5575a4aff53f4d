import type { IncomingHttpHeaders } from 'node:http';
import { textFault } from './faults.js';
import { utf8 } from './percent-encoding.js';

/** What metadata hangs on; it is part of the headers' names. */
export type Kind = 'account' | 'container' | 'object';

export const limits = {
  nameLength: 128,
  valueLength: 256,
  count: 90,
  overallSize: 4096,
  headerSize: 8192,
};

/** Headers a container keeps beside its metadata. */
const CONTAINER_HEADERS = [
  'x-container-read',
  'x-container-write',
  'x-container-sync-key',
  'x-container-sync-to',
];

/** Headers an object keeps beside its metadata. */
const OBJECT_HEADERS = [
  'content-disposition',
  'content-encoding',
  'x-object-manifest',
  'cache-control',
  'content-language',
  'expires',
  'x-robots-tag',
];

/** Headers that only owners see. */
const OWNER_HEADERS = [
  ...CONTAINER_HEADERS,
  'x-account-meta-temp-url-key',
  'x-account-meta-temp-url-key-2',
  'x-container-meta-temp-url-key',
  'x-container-meta-temp-url-key-2',
];

/**
 * Checks metadata headers against Swift's limits, in its words.
 * @throws {HttpFault} 400
 */
export function checkMetadata(headers: IncomingHttpHeaders, kind: Kind): void {
  const prefix = `x-${kind}-meta-`;
  let count = 0;
  let size = 0;
  for (const [header, value] of headerEntries(headers)) {
    if (value.length > limits.headerSize) {
      throw refused(`Header value too long: ${titleCase(header).slice(0, limits.nameLength)}`);
    }
    if (!header.startsWith(prefix)) continue;
    const name = titleCase(header).slice(prefix.length);
    if (name === '') throw refused('Metadata name cannot be empty');
    if (kind !== 'object' && (utf8(value) === undefined || value.includes('\0'))) {
      throw refused('Metadata must be valid UTF-8');
    }
    count += 1;
    size += name.length + value.length;
    if (name.length > limits.nameLength) {
      throw refused(`Metadata name too long: ${prefix}${name}`);
    }
    if (value.length > limits.valueLength) {
      throw refused(`Metadata value longer than ${limits.valueLength}: ${prefix}${name}`);
    }
    if (count > limits.count) throw refused(`Too many metadata items; max ${limits.count}`);
    if (size > limits.overallSize) {
      throw refused(`Total metadata too large; max ${limits.overallSize}`);
    }
  }
}

/**
 * What an account or container keeps after a change: an empty value and an X-Remove- header remove.
 * @throws {HttpFault} 400 when all of it together is too much
 */
export function changedMetadata(
  kept: Record<string, string>,
  headers: IncomingHttpHeaders,
  kind: 'account' | 'container',
): Record<string, string> {
  const changed = { ...kept };
  const own = (name: string): boolean =>
    isMetadata(name, kind) || (kind === 'container' && CONTAINER_HEADERS.includes(name));
  for (const [header] of headerEntries(headers)) {
    const name = header.replace('x-remove-', 'x-');
    if (name !== header && own(name)) Reflect.deleteProperty(changed, name);
  }
  for (const [name, value] of headerEntries(headers)) {
    if (!own(name)) continue;
    if (value === '') Reflect.deleteProperty(changed, name);
    else changed[name] = value;
  }
  checkMetadataTogether(changed, kind);
  return changed;
}

/** The headers of a PUT or POST that an object keeps. */
export function objectHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    headerEntries(headers).filter(
      ([name]) => isMetadata(name, 'object') || OBJECT_HEADERS.includes(name),
    ),
  );
}

/** What of an account's or container's metadata is shown. */
export function shownMetadata(
  kept: Record<string, string>,
  isOwner: boolean,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(kept).filter(([name]) => isOwner || !OWNER_HEADERS.includes(name)),
  );
}

function checkMetadataTogether(kept: Record<string, string>, kind: Kind): void {
  const metadata = Object.entries(kept).filter(([name]) => isMetadata(name, kind));
  const prefixLength = `x-${kind}-meta-`.length;
  const size = metadata.reduce(
    (sum, [name, value]) => sum + name.length - prefixLength + value.length,
    0,
  );
  if (metadata.length > limits.count) {
    throw textFault(400, `Too many metadata items; max ${limits.count}`, 'html');
  }
  if (size > limits.overallSize) {
    throw textFault(400, `Total metadata too large; max ${limits.overallSize}`, 'html');
  }
}

function isMetadata(name: string, kind: Kind): boolean {
  const prefix = `x-${kind}-meta-`;
  return name.startsWith(prefix) && name.length > prefix.length;
}

function headerEntries(headers: IncomingHttpHeaders): [string, string][] {
  return Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
}

/** `X-Object-Meta-Foo`: how Swift writes the names of headers. */
export function titleCase(name: string): string {
  return name.replace(/[a-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1));
}

function refused(message: string): ReturnType<typeof textFault> {
  return textFault(400, message, 'plain');
}
