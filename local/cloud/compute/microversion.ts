import type { FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { novaFault } from './faults.js';

/** Nova 26 (Zed). */
const MAX_MINOR = 93;

/**
 * The minor version of `2.x` that a request asks for; 1 when it asks for none.
 * @throws 400 for a header that is no version, 406 for a version out of range
 */
export function requestedMicroversion(cloud: Cloud, request: FastifyRequest): number {
  if (!cloud.profile.microversions || request.call.legacyCompute) return 1;
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

function versionText(request: FastifyRequest): string | undefined {
  const modern = request.headers['openstack-api-version'];
  for (const part of String(modern ?? '').split(',')) {
    const [service, version] = part.trim().split(/\s+/);
    if (service?.toLowerCase() === 'compute' && version !== undefined) return version;
  }
  const old = request.headers['x-openstack-nova-api-version'];
  return typeof old === 'string' ? old.trim() : undefined;
}

/** The versions Compute tells of, at its root and at `/v2.1`. */
export function versionDocument(url: string, detailed: boolean): Record<string, unknown> {
  const self = { rel: 'self', href: `${url}/compute/v2.1/` };
  return {
    id: 'v2.1',
    status: 'CURRENT',
    version: `2.${MAX_MINOR}`,
    min_version: '2.1',
    updated: '2013-07-23T11:33:21Z',
    links: detailed
      ? [self, { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' }]
      : [self],
    ...(detailed
      ? {
          'media-types': [
            {
              base: 'application/json',
              type: 'application/vnd.openstack.compute+json;version=2.1',
            },
          ],
        }
      : {}),
  };
}
