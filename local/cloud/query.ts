import type { FastifyRequest } from 'fastify';
import { requestUrlPath } from './url-path.js';

/** The query of a request; a name may come several times. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(requestUrlPath(request.originalUrl).query);
}

/** A path parameter by name, decoded by the router. */
export function param(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name] ?? '';
}
