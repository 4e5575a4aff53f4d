import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { seededUuid } from '../ids.js';

/** One service of the catalogue. */
export interface CatalogService {
  type: string;
  name: string;
  url: string;
}

/** What the cloud offers, and where. */
export function catalogServices(cloud: Cloud): CatalogService[] {
  const { projectId } = account(cloud.state);
  const storage = `${cloud.url}/v1/AUTH_${projectId}`;
  if (cloud.profile.name === 'rackspace') {
    return [
      {
        type: 'compute',
        name: 'cloudServersOpenStack',
        url: `${cloud.url}/compute/v2/${projectId}`,
      },
      { type: 'object-store', name: 'cloudFiles', url: storage },
      { type: 'network', name: 'cloudNetworks', url: `${cloud.url}/networking/v2.0` },
      { type: 'image', name: 'cloudImages', url: `${cloud.url}/image/v2` },
    ];
  }
  return [
    { type: 'identity', name: 'keystone', url: `${cloud.url}/identity` },
    { type: 'compute', name: 'nova', url: `${cloud.url}/compute/v2.1` },
    { type: 'network', name: 'neutron', url: `${cloud.url}/networking` },
    { type: 'image', name: 'glance', url: `${cloud.url}/image` },
    { type: 'object-store', name: 'swift', url: storage },
  ];
}

/** The catalogue as Identity v3 gives it. */
export function catalogV3(cloud: Cloud): Record<string, unknown>[] {
  const { region } = cloud.profile;
  return catalogServices(cloud).map(({ type, name, url }) => ({
    endpoints: ['public', 'internal', 'admin'].map((kind) => ({
      id: seededUuid(`${type}-${kind}`).replaceAll('-', ''),
      interface: kind,
      region_id: region,
      url,
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
  return catalogServices(cloud).map(({ type, name, url }) => ({
    endpoints: [{ region, tenantId, publicURL: url, internalURL: url }],
    type,
    name,
  }));
}
