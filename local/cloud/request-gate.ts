import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Cloud } from './cloud.js';
import { HttpFault } from './fault-error.js';
import { unauthorized } from './identity/faults.js';
import { identityUri } from './identity/login.js';
import type { FaultAction } from './records.js';

/** What every request passes before a service sees it: its id, the counters, injected faults, rate limits. */
export function admitRequests(app: FastifyInstance, cloud: Cloud): void {
  const dropping = new WeakSet<FastifyRequest>();

  app.addHook('onRequest', async (request, reply) => {
    const { call } = request;
    nameRequest(request, reply);
    cloud.counts.count(request);
    const fault = cloud.faults.take(request.method, call);
    if (fault) {
      if (fault.drop === 'after') dropping.add(request);
      await suffer(fault, request, reply);
    }
    if (call.service !== 'admin') {
      cloud.rateLimits.take(request.method, `${call.service} ${call.path}`);
    }
  });

  app.addHook('onSend', (request, _reply, payload, done) => {
    // The work is done; its answer never leaves.
    if (dropping.has(request)) request.raw.socket.destroy();
    done(null, payload);
  });
}

/** Lets only requests pass that carry a token for the project, as keystonemiddleware does. */
export function requireProjectToken(app: FastifyInstance, cloud: Cloud): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { service, path, urlProject } = request.call;
    // Version documents are for everyone; what stands at Neutron's and Glance's versions themselves is not.
    const open = path === '/' && !/^\/(networking|image)\/v2/.test(request.originalUrl);
    if (open && !request.headers['x-auth-token']) {
      done();
      return;
    }
    const text = request.headers['x-auth-token'];
    const token = cloud.tokens.check(typeof text === 'string' ? text : undefined);
    if (token?.projectId === undefined) throw unauthorized(identityUri(cloud));
    if (service === 'compute' && urlProject !== undefined && urlProject !== token.projectId) {
      throw new HttpFault(400, {
        badRequest: {
          code: 400,
          message: `Malformed request URL: URL's project_id '${urlProject}' doesn't match Context's project_id '${token.projectId}'`,
        },
      });
    }
    done();
  });
}

function nameRequest({ call }: FastifyRequest, reply: FastifyReply): void {
  const { service, requestId } = call;
  if (service === 'object-store') {
    reply.header('x-trans-id', requestId).header('x-openstack-request-id', requestId);
    return;
  }
  if (service === 'compute') reply.header('x-compute-request-id', requestId);
  if (service !== 'admin') reply.header('x-openstack-request-id', requestId);
}

async function suffer(
  fault: FaultAction,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (fault.delayMs) await sleep(fault.delayMs);
  if (fault.hang || fault.drop === 'before') {
    // No answer ever; the connection stays (hang) or breaks (drop).
    reply.hijack();
    if (fault.drop === 'before') request.raw.socket.destroy();
    return;
  }
  if (fault.status !== undefined) {
    const body = fault.body ?? { error: { code: fault.status, message: 'injected' } };
    throw new HttpFault(
      fault.status,
      typeof body === 'string' ? body : (body as Record<string, unknown>),
      fault.headers,
    );
  }
}
