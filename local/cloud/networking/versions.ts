import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';

const CORE: [name: string, collection: string][] = [
  ['network', 'networks'],
  ['subnet', 'subnets'],
  ['subnetpool', 'subnetpools'],
  ['port', 'ports'],
];

/** What versions and what core resources there are. */
export function versionRoutes(app: FastifyInstance, cloud: Cloud): void {
  const self = (): string => `${cloud.url}/networking/v2.0/`;
  app.get('/networking', () => ({
    versions: [{ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: self() }] }],
  }));
  app.get('/networking/v2.0', () => ({
    resources: CORE.map(([name, collection]) => ({
      name,
      collection,
      links: [{ rel: 'self', href: `${self()}${collection}` }],
    })),
  }));
}
