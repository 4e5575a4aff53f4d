import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';
import { resourceRoutes } from './collection.js';
import { extensionRoutes } from './extensions.js';
import { networks } from './networks.js';
import { ports } from './ports.js';
import { subnets } from './subnets.js';
import { versionRoutes } from './versions.js';

/** Networking v2.0, as Neutron 21 speaks it. */
export function networkRoutes(app: FastifyInstance, cloud: Cloud): void {
  versionRoutes(app, cloud);
  extensionRoutes(app, cloud);
  resourceRoutes(app, cloud, networks(cloud));
  resourceRoutes(app, cloud, subnets(cloud));
  resourceRoutes(app, cloud, ports(cloud));
}
