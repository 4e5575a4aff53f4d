import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { HttpFault } from '../fault-error.js';
import { queryOf } from '../query.js';
import { requestUrlPath } from '../url-path.js';
import { accountName, tokenAccess } from './access.js';
import { info } from './info.js';
import { titleCase } from './metadata.js';
import { ObjectStore } from './object-store.js';
import { pythonJson } from './python-json.js';
import { Parameters, storagePath, type Answer } from './request.js';
import { answer } from './routing.js';
import { checkTempUrl, tempUrlAnswer } from './temp-url.js';

/** How often expired objects are taken out of listings; Swift's object expirer, too, waits 300 s. */
const EXPIRER_INTERVAL_MS = 300_000;

/** What fits into the request line that Swift's HTTP server reads. */
const MAX_URL = 8192 - 'DELETE  HTTP/1.1'.length;

/**
 * Headers that Fastify sees to. The others do not pass through it, because it writes their names in
 * small letters, and clients show the names of metadata as they come.
 */
const OWN_HEADERS = ['content-type', 'content-length'];

/** Object Storage, as Swift 2.30 speaks it. */
export function objectStorageRoutes(app: FastifyInstance, cloud: Cloud): void {
  const store = new ObjectStore(accountName(cloud), cloud.state);
  const expirer = setInterval(() => {
    store.deleteExpired(Date.now()).catch((error: unknown) => {
      cloud.log.error({ err: error }, 'expired objects could not be deleted');
    });
  }, EXPIRER_INTERVAL_MS).unref();
  app.addHook('onClose', () => {
    clearInterval(expirer);
  });

  app.route({
    method: ['GET', 'HEAD'],
    url: '/info',
    handler: (_request, reply) =>
      reply.type('application/json; charset=UTF-8').send(pythonJson(info())),
  });

  app.addHttpMethod('COPY');
  app.all('/v1', {
    // Once Fastify gets to a body, it refuses content types that it cannot parse; to Swift any
    // will do. So requests are answered before.
    onRequest: async (request, reply) => {
      await send(reply, request.method, await answerOrFault(cloud, store, request));
      return reply;
    },
    handler: () => undefined,
  });
}

async function answerOrFault(
  cloud: Cloud,
  store: ObjectStore,
  request: FastifyRequest,
): Promise<Answer> {
  try {
    return await answerRequest(cloud, store, request);
  } catch (error) {
    if (!(error instanceof HttpFault) || typeof error.body !== 'string') throw error;
    return { status: error.status, headers: error.headers, body: error.body };
  }
}

async function answerRequest(
  cloud: Cloud,
  store: ObjectStore,
  request: FastifyRequest,
): Promise<Answer> {
  const { path: rawPath, query } = requestUrlPath(request.originalUrl);
  const { method, headers } = request;
  if (request.originalUrl.length > MAX_URL) throw new HttpFault(414, '');
  const path = storagePath(rawPath.replace(/^\/object-store(?=\/)/, ''));
  const received = {
    method,
    path,
    parameters: new Parameters(query),
    headers,
    body: request.raw,
    receivedAt: Date.now(),
  };
  const remoteAddress = request.socket.remoteAddress ?? '';
  const signed = { method, path, headers, remoteAddress };
  const tempUrl = checkTempUrl(cloud, store, signed, queryOf(request));
  if (tempUrl === undefined) {
    return answer(store, { ...received, access: tokenAccess(cloud, headers) });
  }
  // Whatever else the URL asks for was not signed.
  const parameters = new Parameters('');
  const plain = await answer(store, { ...received, access: tempUrl.access, parameters });
  return tempUrlAnswer(tempUrl, method, path, plain);
}

function send(
  reply: FastifyReply,
  method: string,
  { status, headers, body }: Answer,
): FastifyReply {
  reply.code(status).type('text/html; charset=UTF-8');
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_HEADERS.includes(name)) reply.header(name, value);
    else reply.raw.setHeader(titleCase(name), value);
  }
  const hasBody = method !== 'HEAD' && status !== 204;
  if (!hasBody && !reply.hasHeader('content-length')) reply.header('content-length', '0');
  // Fastify would add a charset to the JSON type of a string.
  return reply.send(!hasBody ? undefined : typeof body === 'string' ? Buffer.from(body) : body);
}
