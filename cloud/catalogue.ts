import { z } from 'zod';
import { KubeupError } from '../cluster/errors.js';
import type { Account } from './account.js';
import type { ServiceType } from './pkgcloud.js';

/** One address of one service, as the service catalogue of a log-in lists it. */
export interface Endpoint {
  service: string;
  region: string;
  interface: Account['interface'];
  url: string;
}

const v3Schema = z.array(
  z.object({
    type: z.string(),
    endpoints: z
      .array(
        z.object({
          interface: z.enum(['public', 'internal', 'admin']),
          region: z.string().nullish(),
          url: z.string(),
        }),
      )
      .default([]),
  }),
);

const v2Schema = z.array(
  z.object({
    type: z.string(),
    endpoints: z
      .array(
        z.object({
          region: z.string().nullish(),
          publicURL: z.string().nullish(),
          internalURL: z.string().nullish(),
          adminURL: z.string().nullish(),
        }),
      )
      .default([]),
  }),
);

/** Identity v3's `token.catalog`. A catalogue in another shape counts as empty. */
export function readCatalogV3(catalog: unknown): Endpoint[] {
  return (v3Schema.safeParse(catalog).data ?? []).flatMap(({ type, endpoints }) =>
    endpoints.map((endpoint) => ({ ...endpoint, service: type, region: endpoint.region ?? '' })),
  );
}

/** Identity v2.0's `access.serviceCatalog`. A catalogue in another shape counts as empty. */
export function readCatalogV2(serviceCatalog: unknown): Endpoint[] {
  return (v2Schema.safeParse(serviceCatalog).data ?? []).flatMap(({ type, endpoints }) =>
    endpoints.flatMap(({ region, publicURL, internalURL, adminURL }) =>
      (
        [
          ['public', publicURL],
          ['internal', internalURL],
          ['admin', adminURL],
        ] as const
      ).flatMap(([face, url]) =>
        url ? [{ service: type, region: region ?? '', interface: face, url }] : [],
      ),
    ),
  );
}

/**
 * Address of a service in a region, without trailing slash. pkgcloud's own search knows services by their names: of
 * two that share one, or have none, it sees the last.
 *
 * @throws KubeupError `NoEndpoint` (blocked)
 */
export function endpointUrl(
  catalogue: readonly Endpoint[],
  service: ServiceType,
  region: string,
  face: Account['interface'],
): string {
  const found = catalogue.find(
    (endpoint) =>
      endpoint.service === service &&
      endpoint.interface === face &&
      sameRegion(endpoint.region, region),
  );
  if (!found) {
    throw noEndpoint(catalogue, service, region, face);
  }
  return found.url.replace(/\/+$/, '');
}

function noEndpoint(
  catalogue: readonly Endpoint[],
  service: ServiceType,
  region: string,
  face: Account['interface'],
): KubeupError {
  const regions = new Set(catalogue.map((endpoint) => endpoint.region).filter((name) => name));
  const isKnown = [...regions].some((name) => sameRegion(name, region));
  return new KubeupError({
    kind: 'blocked',
    reason: 'NoEndpoint',
    attempted: `find the ${service} service in region ${region}`,
    message:
      isKnown || regions.size === 0
        ? `the cloud's catalogue lists no ${face} address of ${service} there`
        : `the account has no region ${region}, only ${[...regions].sort().join(', ')}`,
    cure: 'Set OS_REGION_NAME (and OS_INTERFACE, if you did) to what the account has, then run `kubeup up` again',
  });
}

/** Rackspace's users write `ord` as well as `ORD`. */
function sameRegion(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
