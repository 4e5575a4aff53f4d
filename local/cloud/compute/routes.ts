import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { novaFault } from './faults.js';
import { flavorRoutes } from './flavors.js';
import { imageProxyRoutes } from './image-proxy.js';
import { instanceActionRoutes } from './instance-actions.js';
import { interfaceRoutes } from './interfaces.js';
import { keyPairRoutes } from './key-pairs.js';
import { limitRoutes } from './limits.js';
import { metadataRoutes } from './metadata.js';
import { nameMicroversion } from './microversion.js';
import { projectRoutes } from './project.js';
import { securityGroupRoutes } from './security-groups.js';
import { serverActionRoutes } from './server-actions.js';
import { serverTagRoutes } from './server-tags.js';
import { serverGroupRoutes } from './server-groups.js';
import { serverRoutes } from './servers.js';
import { versionRoutes } from './versions.js';

/** Compute: Nova's API v2.1 up to 2.93, and its old v2. */
export function computeRoutes(app: FastifyInstance, cloud: Cloud): void {
  nameMicroversion(app, cloud);
  app.addHook('onRequest', (request, _reply, done) => {
    refuseForeignContent(request);
    done();
  });
  versionRoutes(app, cloud);
  serverRoutes(app, cloud);
  serverActionRoutes(app, cloud);
  metadataRoutes(app, cloud);
  serverTagRoutes(app, cloud);
  serverGroupRoutes(app, cloud);
  interfaceRoutes(app, cloud);
  securityGroupRoutes(app, cloud);
  instanceActionRoutes(app, cloud);
  flavorRoutes(app, cloud);
  imageProxyRoutes(app, cloud);
  keyPairRoutes(app, cloud);
  limitRoutes(app, cloud);
  projectRoutes(app, cloud);
}

function refuseForeignContent({ headers }: FastifyRequest): void {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  const known = ['', 'text/plain', 'application/json', 'application/vnd.openstack.compute+json'];
  if (!known.includes(type)) throw novaFault(415, 'Unsupported Content-Type');
}
