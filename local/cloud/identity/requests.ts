import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { expecting, unauthorized } from './faults.js';
import { identityUri } from './login.js';
import type { Token } from './tokens.js';

/** The token a request came with. Throws 401 when it has none or a bad one. */
export function requireToken(cloud: Cloud, request: FastifyRequest): Token {
  const token = cloud.tokens.check(header(request, 'x-auth-token'));
  if (token === undefined) throw unauthorized(identityUri(cloud));
  return token;
}

/** An answer without a body. */
export function noContent(reply: FastifyReply): FastifyReply {
  return reply.code(204).send();
}

/** What Keystone says to a body that is no JSON. */
export function malformedJson(): ReturnType<typeof expecting> {
  return expecting('valid JSON', 'request body');
}

/** A header that may come once. */
export function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
