import type { FastifyRequest } from 'fastify';
import { jsonBody } from '../json-body.js';
import { novaFault } from './faults.js';

/** The body of a request; throws 400 for no JSON. */
export function novaBody(request: FastifyRequest): unknown {
  return jsonBody(request, () => novaFault(400, 'Malformed request body'));
}
