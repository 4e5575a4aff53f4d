import { textFault } from './faults.js';
import { utf8 } from './percent-encoding.js';

const TOKEN = '[^()<>@,;:"/\\[\\]?={}\\u0000-\\u0020\\u007f]+';
const PARAMETER = new RegExp(
  `\\s*;\\s*(${TOKEN})\\s*(?:=\\s*(${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))?`,
  'g',
);

/** What Python's `mimetypes` makes of the endings that people store. */
const BY_ENDING: Record<string, string> = {
  bin: 'application/octet-stream',
  css: 'text/css',
  csv: 'text/csv',
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  md: 'text/markdown',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  png: 'image/png',
  py: 'text/x-python',
  sh: 'text/x-sh',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  tgz: 'application/x-tar',
  txt: 'text/plain',
  xml: 'application/xml',
  zip: 'application/zip',
};
const COMPRESSED = /\.(gz|bz2|xz|Z|br)$/;

/** The content type of a PUT that names none. */
export function guessedContentType(name: string): string {
  const ending = /\.([^./]+)$/.exec(name.replace(COMPRESSED, ''))?.[1] ?? '';
  return BY_ENDING[ending.toLowerCase()] ?? 'application/octet-stream';
}

/**
 * The content type as listings show it: parameters joined anew, without blanks.
 * (Swift's `extract_swift_bytes`; the object itself keeps every byte.)
 */
export function listedContentType(contentType: string): string {
  const semicolon = contentType.indexOf(';');
  const text = (bytes: string): string => utf8(bytes) ?? bytes;
  if (semicolon < 0) return text(contentType);
  const parameters = [...contentType.slice(semicolon).matchAll(PARAMETER)].map(
    ([, name = '', value = '']) => `;${name}=${value}`,
  );
  return text(contentType.slice(0, semicolon) + parameters.join(''));
}

/** Throws 400 for a content type that Swift would not take. */
export function checkContentType(contentType: string): void {
  const [, ...parameters] = contentType.split(';');
  if (parameters.some((parameter) => parameter.trimStart().startsWith('swift_'))) {
    throw textFault(400, 'Invalid Content-Type, swift_* is not a valid parameter name.', 'html');
  }
  if (utf8(contentType) === undefined) throw textFault(400, 'Invalid Content-Type', 'plain');
}
