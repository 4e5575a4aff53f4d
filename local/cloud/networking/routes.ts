import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';
import { resourceRoutes } from './collection.js';
import { extensionRoutes } from './extensions.js';
import { networks } from './networks.js';
import { notOfferedRoutes } from './not-offered.js';
import { ports } from './ports.js';
import { quotaRoutes } from './quotas.js';
import { securityGroupRules } from './security-group-rules.js';
import { securityGroups } from './security-groups.js';
import { subnets } from './subnets.js';
import { tagRoutes } from './tags.js';
import { versionRoutes } from './versions.js';

/** Networking v2.0, as Neutron 21 speaks it. */
export function networkRoutes(app: FastifyInstance, cloud: Cloud): void {
  versionRoutes(app, cloud);
  extensionRoutes(app, cloud);
  resourceRoutes(app, cloud, networks(cloud));
  resourceRoutes(app, cloud, subnets(cloud));
  resourceRoutes(app, cloud, ports(cloud));
  resourceRoutes(app, cloud, securityGroups(cloud));
  resourceRoutes(app, cloud, securityGroupRules(cloud));
  quotaRoutes(app, cloud);
  if (cloud.profile.standardAttributes) {
    tagRoutes(app, cloud);
    notOfferedRoutes(app, cloud);
  }
}
