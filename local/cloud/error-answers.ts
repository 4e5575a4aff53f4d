import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { novaFault } from './compute/faults.js';
import { HttpFault } from './fault-error.js';
import { keystoneFault } from './identity/faults.js';
import { neutronFault } from './networking/faults.js';
import { WebobFault } from './webob-fault.js';

/** Neutron's words for what it did not foresee. */
const REQUEST_FAILED = 'Request Failed: internal server error while processing your request.';

/** Turns whatever a request ended with into an answer of the service it was for. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: unknown, request, reply) => {
    if (error instanceof HttpFault) return send(reply, error);
    if (error instanceof WebobFault) return send(reply, error.answer(request.headers.accept));
    const status = (error as { statusCode?: unknown }).statusCode;
    if (typeof status === 'number' && status < 500) {
      return send(reply, generic(request, status, (error as Error).message));
    }
    request.log.error({ err: error, url: request.url.split('?')[0] }, 'a request failed');
    return send(reply, generic(request, 500, 'An unknown error occurred.'));
  });
  app.setNotFoundHandler((request, reply) =>
    send(reply, generic(request, 404, 'The resource could not be found.')),
  );
}

function send(reply: FastifyReply, { status, body, headers }: HttpFault): FastifyReply {
  reply.code(status).headers(headers);
  if (typeof body !== 'string') return reply.send(body);
  if (!reply.hasHeader('content-type')) reply.type('text/html; charset=UTF-8');
  return reply.send(body);
}

function generic({ call, headers }: FastifyRequest, status: number, message: string): HttpFault {
  switch (call.service) {
    case 'compute':
      if (status >= 500) return novaFault(status, message);
      return new WebobFault(status, message).answer(headers.accept);
    case 'image':
      return new WebobFault(status, message).answer(headers.accept);
    case 'network':
      return neutronFault(status, webobName(status), status < 500 ? message : REQUEST_FAILED);
    case 'identity':
      return keystoneFault(status, status === 404 ? 'Not Found' : 'Bad Request', message);
    case 'object-store':
      return new HttpFault(status, `<html><h1>${status}</h1><p>${message}</p></html>`);
    case 'admin':
    case 'none':
      return new HttpFault(status, { error: { code: status, message } });
  }
}

/** The class of webob's exceptions that stands for a status. */
function webobName(status: number): string {
  if (status === 413) return 'HTTPRequestEntityTooLarge';
  return `HTTP${(STATUS_CODES[status] ?? 'Error').replaceAll(' ', '')}`;
}
