import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';
import { MAX_MINOR } from './microversion.js';

/** The versions of Compute: which there are, and each one's own document. */
export function versionRoutes(app: FastifyInstance, cloud: Cloud): void {
  app.get('/compute', () => ({
    versions: [
      { ...legacy, links: [selfLink(cloud, 'v2')] },
      { ...current(cloud), links: [selfLink(cloud, 'v2.1')] },
    ],
  }));

  app.get('/compute/v2.1', (request) => {
    const [version, path, media] = request.call.legacyCompute
      ? [legacy, 'v2', '2']
      : [current(cloud), 'v2.1', '2.1'];
    return {
      version: {
        ...version,
        links: [
          selfLink(cloud, path),
          { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' },
        ],
        'media-types': [
          {
            base: 'application/json',
            type: `application/vnd.openstack.compute+json;version=${media}`,
          },
        ],
      },
    };
  });
}

const legacy = {
  id: 'v2.0',
  status: 'SUPPORTED',
  version: '',
  min_version: '',
  updated: '2011-01-21T11:33:21Z',
};

/** A cloud without microversions has none to offer. */
function current({ profile }: Cloud): Record<string, unknown> {
  return {
    id: 'v2.1',
    status: 'CURRENT',
    version: profile.microversions ? `2.${MAX_MINOR}` : '',
    min_version: profile.microversions ? '2.1' : '',
    updated: '2013-07-23T11:33:21Z',
  };
}

function selfLink(cloud: Cloud, version: string): Record<string, string> {
  return { rel: 'self', href: `${cloud.url}/compute/${version}/` };
}
