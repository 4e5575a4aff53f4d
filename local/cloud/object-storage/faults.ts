import { HttpFault } from '../fault-error.js';
import { quote } from './percent-encoding.js';

/** Title and explanation of each status, as Swift's `swob` words them. */
const PAGES: Record<number, [title: string, explanation: string]> = {
  202: ['Accepted', 'The request is accepted for processing.'],
  400: [
    'Bad Request',
    'The server could not comply with the request since it is either malformed or otherwise incorrect.',
  ],
  401: [
    'Unauthorized',
    'This server could not verify that you are authorized to access the document you requested.',
  ],
  403: ['Forbidden', 'Access was denied to this resource.'],
  404: ['Not Found', 'The resource could not be found.'],
  405: ['Method Not Allowed', 'The method is not allowed for this resource.'],
  406: ['Not Acceptable', 'The resource is not available in a format acceptable to your browser.'],
  409: ['Conflict', 'There was a conflict when trying to complete your request.'],
  411: ['Length Required', 'Content-Length header required.'],
  412: ['Precondition Failed', 'A precondition for this request was not met.'],
  413: ['Request Entity Too Large', 'The body of your request was too large for this server.'],
  416: ['Requested Range Not Satisfiable', 'The Range requested is not available.'],
  422: ['Unprocessable Entity', 'Unable to process the contained instructions'],
  499: ['Client Disconnect', 'The client was disconnected during request.'],
};

/** `404 Not Found`, as bulk answers and manifest errors name a status. */
export function statusLine(status: number): string {
  return `${status} ${PAGES[status]?.[0] ?? (status === 200 ? 'OK' : 'Internal Error')}`;
}

/** The page Swift shows for a status. */
export function page(status: number): string {
  const [title, explanation] = PAGES[status] ?? ['Internal Error', ''];
  return `<html><h1>${title}</h1><p>${explanation}</p></html>`;
}

/** An answer with Swift's page for the status. */
export function swiftFault(status: number, headers: Record<string, string> = {}): HttpFault {
  return new HttpFault(status, page(status), headers);
}

/** An answer with a text of its own; some of Swift's are sent as plain text, most as HTML. */
export function textFault(status: number, text: string, type: 'plain' | 'html'): HttpFault {
  return new HttpFault(status, text, type === 'plain' ? { 'content-type': 'text/plain' } : {});
}

/** A request without a valid token; `identityUri` is where to get one. */
export function unauthorized(account: string, identityUri: string): HttpFault {
  return swiftFault(401, {
    'www-authenticate': `Swift realm="${quote(account)}", Keystone uri="${identityUri}"`,
  });
}
