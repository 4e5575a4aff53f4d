import type { FastifyRequest } from 'fastify';
import { WebobFault } from '../webob-fault.js';

/** The body of a request as JSON; throws Glance's 400. */
export function glanceBody(request: FastifyRequest): unknown {
  const text = request.body;
  if (typeof text !== 'string' || text === '') {
    throw new WebobFault(400, 'Body expected in request.');
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new WebobFault(400, 'Malformed JSON in request body.');
  }
  if (typeof body !== 'object' || body === null) {
    throw new WebobFault(400, 'Unexpected body type. Expected list/dict.');
  }
  return body;
}

/** A body of another type than is read here. */
export function unsupportedMedia(
  { headers }: FastifyRequest,
  more: Record<string, string> = {},
): WebobFault {
  const type = headers['content-type'] ?? 'text/plain';
  const message = `The request media type ${type} is not supported by this server.`;
  return new WebobFault(415, message, more);
}
