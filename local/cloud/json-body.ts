import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HttpFault } from './fault-error.js';

/** oslo.middleware's default `max_request_body_size`. */
export const MAX_JSON_BODY_BYTES = 114688;

/** Lets a service's routes read bodies as text, whatever their content type says. */
export function readBodiesAsText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    '*',
    { parseAs: 'string', bodyLimit: MAX_JSON_BODY_BYTES },
    (_request, body, done) => {
      done(null, body);
    },
  );
}

/** The body of a request as JSON; no body at all is undefined. Throws `malformed` for no JSON. */
export function jsonBody(request: FastifyRequest, malformed: () => HttpFault): unknown {
  const text = request.body;
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw malformed();
  }
}

/** The value as a JSON object, or undefined. */
export function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
