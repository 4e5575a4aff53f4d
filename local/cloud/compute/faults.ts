import { HttpFault } from '../fault-error.js';

const NAMES: Record<number, string> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

/** An error of Nova. */
export function novaFault(code: number, message: string): HttpFault {
  return new HttpFault(code, { [NAMES[code] ?? 'computeFault']: { code, message } });
}

/** A server that is not there. */
export function noInstance(id: string): HttpFault {
  return novaFault(404, `Instance ${id} could not be found.`);
}

/** A server that never was there, in the words of the actions that look for its cell. */
export function noMapping(id: string): HttpFault {
  return novaFault(404, `Instance ${id} has no mapping to a cell.`);
}

/** A route that the asked microversion does not have. */
export function noResource(): HttpFault {
  return novaFault(404, 'The resource could not be found.');
}

/** An action that only an administrator may take. */
export function policy(rule: string): HttpFault {
  return novaFault(403, `Policy doesn't allow os_compute_api:${rule} to be performed.`);
}

/** What Nova says when it did not foresee an input. */
export function unexpected(pythonClass: string): HttpFault {
  return novaFault(
    500,
    'Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the ' +
      `Nova API log if possible.\n<class '${pythonClass}'>`,
  );
}
