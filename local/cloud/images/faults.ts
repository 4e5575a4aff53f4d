import { HttpFault } from '../fault-error.js';

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
};

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
};

/** An error of Glance: a page that webob makes. */
export function glanceFault(status: number, message: string): HttpFault {
  const title = `${status} ${TITLES[status] ?? ''}`;
  const text = message.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
  return new HttpFault(
    status,
    `<html>\n <head>\n  <title>${title}</title>\n </head>\n <body>\n  <h1>${title}</h1>\n` +
      `  ${text}<br /><br />\n\n\n\n </body>\n</html>`,
  );
}

/** An image that is not there. */
export function noImage(id: string): HttpFault {
  return glanceFault(404, `No image found with ID ${id}`);
}
