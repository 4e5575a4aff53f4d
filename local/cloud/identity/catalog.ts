import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { seededUuid } from '../ids.js';

/** One service of the catalogue. */
export interface CatalogService {
  type: string;
  name: string;
  url: string;
}

/** What the cloud offers, and where: at its public address, or at the one that machines reach. */
export function catalogServices(cloud: Cloud, face: 'url' | 'internalUrl'): CatalogService[] {
  const { projectId } = account(cloud.state);
  const base = cloud[face];
  const storage = `${base}/v1/AUTH_${projectId}`;
  if (cloud.profile.name === 'rackspace') {
    return [
      {
        type: 'compute',
        name: 'cloudServersOpenStack',
        url: `${base}/compute/v2/${projectId}`,
      },
      { type: 'object-store', name: 'cloudFiles', url: storage },
      { type: 'network', name: 'cloudNetworks', url: `${base}/networking/v2.0` },
      { type: 'image', name: 'cloudImages', url: `${base}/image/v2` },
    ];
  }
  return [
    { type: 'identity', name: 'keystone', url: `${base}/identity` },
    { type: 'compute', name: 'nova', url: `${base}/compute/v2.1` },
    { type: 'network', name: 'neutron', url: `${base}/networking` },
    { type: 'image', name: 'glance', url: `${base}/image` },
    { type: 'object-store', name: 'swift', url: storage },
  ];
}

/** The catalogue as Identity v3 gives it. */
export function catalogV3(cloud: Cloud): Record<string, unknown>[] {
  const { region } = cloud.profile;
  const internal = catalogServices(cloud, 'internalUrl');
  return catalogServices(cloud, 'url').map(({ type, name, url }, i) => ({
    endpoints: ['public', 'internal', 'admin'].map((kind) => ({
      id: seededUuid(`${type}-${kind}`).replaceAll('-', ''),
      interface: kind,
      region_id: region,
      url: kind === 'internal' ? internal[i]?.url : url,
      region,
    })),
    id: seededUuid(`service-${type}`).replaceAll('-', ''),
    type,
    name,
  }));
}

/** The catalogue as Identity v2 gives it. */
export function catalogV2(cloud: Cloud): Record<string, unknown>[] {
  const { region } = cloud.profile;
  const tenantId = account(cloud.state).projectId;
  const internal = catalogServices(cloud, 'internalUrl');
  return catalogServices(cloud, 'url').map(({ type, name, url }, i) => ({
    endpoints: [{ region, tenantId, publicURL: url, internalURL: internal[i]?.url }],
    type,
    name,
  }));
}
