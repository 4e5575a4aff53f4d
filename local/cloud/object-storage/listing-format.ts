import type { ContainerRecord, ObjectRecord } from '../records.js';
import { isoMicros } from '../time-format.js';
import { bestMatch, MalformedAccept } from './accept.js';
import { listedContentType } from './content-type.js';
import { swiftFault, textFault } from './faults.js';
import type { ListingRow } from './listing.js';
import { pythonJson } from './python-json.js';
import { header, type Answer, type StorageRequest } from './request.js';

const FORMATS = ['text/plain', 'application/json', 'application/xml', 'text/xml'];
const BY_NAME: Record<string, string> = { json: 'application/json', xml: 'application/xml' };

interface ContainerEntry {
  name: string;
  count: number;
  bytes: number;
  last_modified: string;
}

interface ObjectEntry {
  bytes: number;
  hash: string;
  name: string;
  content_type: string;
  last_modified: string;
  slo_etag?: string;
}

type Entry = { subdir: string } | ContainerEntry | ObjectEntry;

/**
 * The format of a listing: what `format` says, else what `Accept` likes best.
 * @throws {HttpFault} 400, 406
 */
export function listingFormat(request: StorageRequest): string {
  const named = request.parameters.text('format');
  if (named) return BY_NAME[named.toLowerCase()] ?? 'text/plain';
  const match = acceptedFormat(request);
  if (match === undefined) throw swiftFault(406);
  return match;
}

function acceptedFormat(request: StorageRequest): string | undefined {
  try {
    return bestMatch(header(request, 'accept'), FORMATS);
  } catch (error) {
    if (!(error instanceof MalformedAccept)) throw error;
    throw textFault(400, 'Invalid Accept header', 'html');
  }
}

/** The answer to a GET of an account or container. */
export function listingAnswer(
  request: StorageRequest,
  headers: Record<string, string>,
  entries: Entry[],
): Answer {
  const format = listingFormat(request);
  const { account, container } = request.path;
  const body = format.endsWith('/xml')
    ? xml(container === undefined ? 'account' : 'container', container ?? account, entries)
    : format === 'application/json'
      ? pythonJson(entries)
      : entries.map((entry) => `${'subdir' in entry ? entry.subdir : entry.name}\n`).join('');
  return {
    status: body === '' ? 204 : 200,
    headers: {
      ...headers,
      ...varies(request),
      'content-type': `${format}; charset=utf-8`,
      'content-length': String(Buffer.byteLength(body)),
    },
    body: body || undefined,
  };
}

/** An answer hangs on Accept unless the format was named. */
export function varies(request: StorageRequest): Record<string, string> {
  return request.parameters.has('format') ? {} : { vary: 'Accept' };
}

export function containerEntry(row: ListingRow<ContainerRecord>): Entry {
  if ('subdir' in row) return row;
  const { name, objects, bytes, modifiedAt } = row.record;
  return { name, count: objects, bytes, last_modified: isoMicros(modifiedAt) };
}

export function objectEntry(row: ListingRow<ObjectRecord>): Entry {
  if ('subdir' in row) return row;
  const { name, etag, bytes, contentType, modifiedAt, staticLargeObject } = row.record;
  return {
    bytes: staticLargeObject?.bytes ?? bytes,
    hash: etag,
    name,
    content_type: listedContentType(contentType),
    last_modified: isoMicros(modifiedAt),
    ...(staticLargeObject === undefined ? {} : { slo_etag: `"${staticLargeObject.etag}"` }),
  };
}

const XML_FIELDS = {
  account: ['name', 'count', 'bytes', 'last_modified'],
  container: ['name', 'hash', 'bytes', 'content_type', 'last_modified'],
};

function xml(kind: 'account' | 'container', name: string, entries: Entry[]): string {
  const element = (entry: Entry): string => {
    if ('subdir' in entry) {
      const subdir = attribute(entry.subdir);
      return kind === 'account'
        ? `<subdir name="${subdir}" />`
        : `<subdir name="${subdir}"><name>${text(entry.subdir)}</name></subdir>`;
    }
    const tag = kind === 'account' ? 'container' : 'object';
    const values: Record<string, string | number> = { ...entry };
    const fields = XML_FIELDS[kind].map((f) => `<${f}>${text(String(values[f]))}</${f}>`).join('');
    return `<${tag}>${fields}</${tag}>`;
  };
  const newline = kind === 'account' ? '\n' : '';
  const content = newline + entries.map((entry) => element(entry) + newline).join('');
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  const whole =
    content === ''
      ? `<${kind} name="${attribute(name)}" />`
      : `<${kind} name="${attribute(name)}">${content}</${kind}>`;
  return declaration + whole;
}

function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function attribute(value: string): string {
  return text(value)
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#09;');
}
