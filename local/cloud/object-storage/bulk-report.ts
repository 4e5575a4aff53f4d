import { bestMatch, MalformedAccept } from './accept.js';
import { pythonJson } from './python-json.js';
import { header, type StorageRequest } from './request.js';

/** What could not be done to which object (percent-encoded), and why. */
export type BulkError = [name: string, reason: string];

const FORMATS = ['text/plain', 'application/json', 'application/xml', 'text/xml'];

/** The format that the client likes best for a report; undefined when it likes none. */
export function reportFormat(request: StorageRequest): string | undefined {
  try {
    return bestMatch(header(request, 'accept'), FORMATS);
  } catch (error) {
    if (error instanceof MalformedAccept) return undefined;
    throw error;
  }
}

/** A report as Swift's `get_response_body` writes it. */
export function report(
  format: string | undefined,
  facts: Record<string, string | number>,
  errors: BulkError[],
  root: 'delete' | 'upload',
): string {
  if (format === 'application/json') return pythonJson({ ...facts, Errors: errors });
  const sorted = Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1));
  if (format?.endsWith('/xml')) {
    const items = sorted.map(([name, value]) => {
      const tag = name.replaceAll(' ', '_').toLowerCase();
      return `<${tag}>${escaped(String(value))}</${tag}>\n`;
    });
    const failed = errors.map(
      ([name, reason]) =>
        `<object><name>${escaped(name)}</name><status>${escaped(reason)}</status></object>\n`,
    );
    return `<${root}>\n${items.join('')}<errors>\n${failed.join('')}</errors>\n</${root}>\n`;
  }
  const lines = sorted.map(([name, value]) => `${name}: ${value}\n`);
  const failed = errors.map(([name, reason]) => `${name}, ${reason}\n`);
  return `${lines.join('')}Errors:\n${failed.join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
