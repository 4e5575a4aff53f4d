import { HttpFault } from '../fault-error.js';

/** An error of Neutron. */
export function neutronFault(code: number, type: string, message: string): HttpFault {
  return new HttpFault(code, { NeutronError: { type, message, detail: '' } });
}

/** A thing that is not there. */
export function notFound(
  kind: 'Network' | 'Subnet' | 'Port' | 'SecurityGroup',
  id: string,
): HttpFault {
  const label = kind === 'SecurityGroup' ? 'Security group' : kind;
  const end = kind === 'SecurityGroup' ? 'does not exist' : 'could not be found';
  return neutronFault(404, `${kind}NotFound`, `${label} ${id} ${end}.`);
}

/** Input that Neutron refuses. */
export function badRequest(message: string): HttpFault {
  return neutronFault(400, 'HTTPBadRequest', message);
}

/** Input of the right type with a value that cannot be. */
export function invalidInput(message: string): HttpFault {
  return neutronFault(400, 'InvalidInput', `Invalid input for operation: ${message}.`);
}

/** Too many of a resource. */
export function overQuota(resource: string): HttpFault {
  return neutronFault(409, 'OverQuota', `Quota exceeded for resources: ['${resource}'].`);
}
