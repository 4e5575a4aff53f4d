import { STATUS_CODES } from 'node:http';
import { HttpFault } from './fault-error.js';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
};

/**
 * An error as webob words it: what Glance answers, and the other services where no code of their
 * own is reached. What it looks like depends on the request's `Accept`.
 */
export class WebobFault extends Error {
  override readonly name = 'WebobFault';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }

  answer(accept: string | undefined): HttpFault {
    const title = STATUS_CODES[this.status] ?? '';
    const status = `${this.status} ${title}`;
    if (accept?.includes('html') || accept?.includes('*/*')) {
      return new HttpFault(this.status, page(status, this.message));
    }
    if (accept?.includes('json')) {
      const message = `${this.message}<br /><br />\n\n\n`;
      return new HttpFault(this.status, { message, code: status, title });
    }
    return new HttpFault(this.status, `${status}\n\n${this.message}\n\n   `, {
      'content-type': 'text/plain; charset=UTF-8',
    });
  }
}

function page(status: string, message: string): string {
  const text = message.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
  return (
    `<html>\n <head>\n  <title>${status}</title>\n </head>\n <body>\n  <h1>${status}</h1>\n` +
    `  ${text}<br /><br />\n\n\n\n </body>\n</html>`
  );
}
