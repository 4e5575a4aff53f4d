import { STATUS_CODES } from 'node:http';
import { HttpFault } from './fault-error.js';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
};

/** What webob puts behind a message whose text is its own. */
const ENDINGS: Record<number, string> = { 405: ' <br /><br />\n', 415: '\n<br /><br />\n' };

const EXPLANATIONS = {
  403: 'Access was denied to this resource.',
  409: 'There was a conflict when trying to complete your request.',
  416: 'The Range requested is not available.',
};

/**
 * An error as webob words it: what Glance answers, and the other services where no code of their
 * own is reached. What it looks like depends on the request's `Accept`.
 */
export class WebobFault extends Error {
  override readonly name = 'WebobFault';
  private detail = '';

  constructor(
    readonly status: number,
    message: string,
    private readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  /** One whose message stands below what webob says of the status. */
  static below(status: 403 | 409 | 416, message: string): WebobFault {
    const fault = new WebobFault(status, EXPLANATIONS[status]);
    fault.detail = message;
    return fault;
  }

  answer(accept: string | undefined): HttpFault {
    const title = STATUS_CODES[this.status] ?? '';
    const status = `${this.status} ${title}`;
    if (accept?.includes('html') || accept?.includes('*/*')) {
      return new HttpFault(this.status, page(status, this.body(escaped)), this.headers);
    }
    if (accept?.includes('json')) {
      const message = this.body();
      return new HttpFault(this.status, { message, code: status, title }, this.headers);
    }
    const plain = this.body().replaceAll('\n', ' ').replaceAll('<br />', '\n');
    return new HttpFault(this.status, `${status}\n\n${plain}`, {
      ...this.headers,
      'content-type': 'text/plain; charset=UTF-8',
    });
  }

  private body(write = (text: string): string => text): string {
    const ending = ENDINGS[this.status] ?? `<br /><br />\n${write(this.detail)}\n\n`;
    return write(this.message) + ending;
  }
}

/** A text as webob and Glance's client write it into HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

function page(status: string, body: string): string {
  return (
    `<html>\n <head>\n  <title>${status}</title>\n </head>\n <body>\n  <h1>${status}</h1>\n` +
    `  ${body}\n </body>\n</html>`
  );
}
