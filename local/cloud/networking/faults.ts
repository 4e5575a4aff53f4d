import { HttpFault } from '../fault-error.js';

/** An error of Neutron. */
export function neutronFault(code: number, type: string, message: string): HttpFault {
  return new HttpFault(code, { NeutronError: { type, message, detail: '' } });
}

/** A request that Neutron cannot read, or an attribute with a value of the wrong kind. */
export function badRequest(message: string): HttpFault {
  return neutronFault(400, 'HTTPBadRequest', message);
}

/** Input of the right kind with a value that cannot be. */
export function invalidInput(message: string): HttpFault {
  return neutronFault(400, 'InvalidInput', `Invalid input for operation: ${message}.`);
}

/** A request about `resource` that makes no sense. */
export function badRequestOf(resource: string, message: string): HttpFault {
  return neutronFault(400, 'BadRequest', `Bad ${resource} request: ${message}.`);
}

/** Too many of a resource. */
export function overQuota(resource: string): HttpFault {
  return neutronFault(409, 'OverQuota', `Quota exceeded for resources: ['${resource}'].`);
}

/** What the project's role does not allow; `rule` as Neutron writes it. */
export function disallowed(rule: string): HttpFault {
  return neutronFault(403, 'PolicyNotAuthorized', `${rule} is disallowed by policy`);
}

/** A path that Neutron does not have. */
export function noResource(): HttpFault {
  return neutronFault(404, 'HTTPNotFound', 'The resource could not be found.');
}

/** A method that a path does not have. */
export function methodNotAllowed(): HttpFault {
  return neutronFault(
    405,
    'HTTPMethodNotAllowed',
    'The server could not comply with the request since it is either malformed or otherwise ' +
      'incorrect.',
  );
}

/** A network that is not there, or not to be seen. */
export function networkNotFound(id: string): HttpFault {
  return neutronFault(404, 'NetworkNotFound', `Network ${id} could not be found.`);
}

/** A subnet that is not there, or not to be seen. */
export function subnetNotFound(id: string): HttpFault {
  return neutronFault(404, 'SubnetNotFound', `Subnet ${id} could not be found.`);
}

/** A port that is not there. */
export function portNotFound(id: string): HttpFault {
  return neutronFault(404, 'PortNotFound', `Port ${id} could not be found.`);
}

/** A security group that is not there. */
export function securityGroupNotFound(id: string): HttpFault {
  return neutronFault(404, 'SecurityGroupNotFound', `Security group ${id} does not exist`);
}
