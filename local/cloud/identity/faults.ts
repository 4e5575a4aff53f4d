import { HttpFault } from '../fault-error.js';

const MALFORMED =
  'The server could not comply with the request since it is either malformed or otherwise ' +
  'incorrect. The client is assumed to be in error.';

/** An error of Keystone v3. */
export function keystoneFault(
  code: number,
  title: string,
  message: string,
  headers: Record<string, string> = {},
): HttpFault {
  return new HttpFault(code, { error: { code, message, title } }, headers);
}

/** What Keystone says to a bad or missing login or token; `uri` is where to log in. */
export function unauthorized(uri: string): HttpFault {
  return keystoneFault(401, 'Unauthorized', 'The request you have made requires authentication.', {
    'www-authenticate': `Keystone uri="${uri}"`,
  });
}

/** Input that cannot be, and what is wrong with it. */
export function invalid(problem: string): HttpFault {
  return keystoneFault(400, 'Bad Request', `${problem} ${MALFORMED}`);
}

/** `what` is missing in `where`. */
export function expecting(what: string, where: string): HttpFault {
  return invalid(`Expecting to find ${what} in ${where}.`);
}

/** An action that needs another role. */
export function forbidden(action: string): HttpFault {
  return keystoneFault(
    403,
    'Forbidden',
    `You are not authorized to perform the requested action: ${action}.`,
  );
}

/** A thing that is not there. */
export function notFound(kind: string, id: string): HttpFault {
  return keystoneFault(404, 'Not Found', `Could not find ${kind}: ${id}.`);
}
