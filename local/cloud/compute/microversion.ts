import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { novaFault } from './faults.js';

/** Nova 26 (Zed). */
export const MAX_MINOR = 93;

/**
 * The minor version of `2.x` that a request asks for; 1 when it asks for none.
 * @throws 400 for a header that is no version, 406 for a version out of range
 */
export function requestedMicroversion(cloud: Cloud, request: FastifyRequest): number {
  if (!listens(cloud, request)) return 1;
  const text = versionText(request);
  if (text === undefined) return 1;
  if (text === 'latest') return MAX_MINOR;
  const match = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(text);
  if (match === null) {
    throw novaFault(
      400,
      `API Version String ${text} is of invalid format. Must be of format MajorNum.MinorNum.`,
    );
  }
  const minor = Number(match[2]);
  if (match[1] !== '2' || minor < 1 || minor > MAX_MINOR) {
    throw novaFault(
      406,
      `Version ${text} is not supported by the API. Minimum is 2.1 and maximum is 2.${MAX_MINOR}.`,
    );
  }
  return minor;
}

/** Lets every answer say which version it speaks, a refusal of that version included. */
export function nameMicroversion(app: FastifyInstance, cloud: Cloud): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (listens(cloud, request)) {
      const asked = versionText(request);
      if (asked !== undefined && /^\d+\.\d+$/.test(asked)) setHeaders(reply, asked);
      setHeaders(reply, `2.${requestedMicroversion(cloud, request)}`);
    }
    done();
  });
}

function listens({ profile }: Cloud, { call }: FastifyRequest): boolean {
  return profile.microversions && !call.legacyCompute;
}

function setHeaders(reply: FastifyReply, version: string): void {
  reply.headers({
    'openstack-api-version': `compute ${version}`,
    'x-openstack-nova-api-version': version,
    vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
  });
}

/** The last `compute` of the modern header, or the whole of the old one. */
function versionText(request: FastifyRequest): string | undefined {
  const modern = String(request.headers['openstack-api-version'] ?? '')
    .split(',')
    .map((part) => part.trim().split(/\s+/))
    .filter(([service]) => service?.toLowerCase() === 'compute')
    .at(-1)?.[1];
  const old = request.headers['x-openstack-nova-api-version'];
  return modern ?? (typeof old === 'string' ? old.trim() : undefined);
}
