import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { param, queryOf } from '../query.js';
import type { FlavorRecord } from '../records.js';
import { novaFault, policy } from './faults.js';
import { Links, pageItems } from './links.js';
import { requestedMicroversion } from './microversion.js';
import { paging, query, values } from './parameter-types.js';
import { Validator } from './validation.js';

const FLAVORS = '/compute/v2.1/flavors';

const SORT_KEYS: Record<string, (flavor: FlavorRecord) => string | number> = {
  flavorid: ({ id }) => id,
  name: ({ name }) => name,
  memory_mb: ({ ramMiB }) => ramMiB,
  root_gb: ({ diskGiB }) => diskGiB,
  vcpus: ({ vcpus }) => vcpus,
};

/** Keys that Nova takes; of those without a column above all flavors have the same. */
const KEYS = (
  'created_at description disabled ephemeral_gb flavorid id is_public memory_mb name root_gb ' +
  'rxtx_factor swap updated_at vcpu_weight vcpus'
).split(' ');

const filters = {
  is_public: values(),
  minRam: values(),
  minDisk: values(),
  sort_key: values({ type: 'string', enum: KEYS }),
  sort_dir: values({ type: 'string', enum: ['asc', 'desc'] }),
};
const lax = new Validator(query({ ...paging, ...filters }, 1));
const strict = new Validator(query({ ...paging, ...filters }, 75));

/** Flavors, which only an administrator changes. */
export function flavorRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;

  for (const detailed of [false, true]) {
    const path = detailed ? 'flavors/detail' : 'flavors';
    app.get(`/compute/v2.1/${path}`, (request) => {
      const minor = requestedMicroversion(cloud, request);
      const asked = queryOf(request);
      (minor >= 75 ? strict : lax).query(asked);
      const links = new Links(cloud, request);
      const page = pageItems(
        sorted(state.flavors.all(), asked),
        asked,
        ({ id }) => id,
        (marker) => novaFault(400, `marker [${marker}] not found`),
      );
      const show = detailed ? flavorDocument : basicDocument;
      return {
        flavors: page.map((flavor) => show(flavor, links, minor)),
        ...links.next(path, 'flavors_links', page.length, page.at(-1)?.id),
      };
    });
  }

  app.get(`${FLAVORS}/:flavor`, (request) => {
    const minor = requestedMicroversion(cloud, request);
    return { flavor: flavorDocument(find(cloud, request), new Links(cloud, request), minor) };
  });

  app.get(`${FLAVORS}/:flavor/os-extra_specs`, (request) => ({
    extra_specs: find(cloud, request).extraSpecs,
  }));

  app.get(`${FLAVORS}/:flavor/os-extra_specs/:key`, (request) => {
    const { id, extraSpecs } = find(cloud, request);
    const key = param(request, 'key');
    const value = extraSpecs[key];
    if (value === undefined) {
      throw novaFault(404, `Flavor ${id} has no extra specs with key ${key}.`);
    }
    return { [key]: value };
  });

  app.post(FLAVORS, () => {
    throw policy('os-flavor-manage:create');
  });
  app.delete(`${FLAVORS}/:flavor`, () => {
    throw policy('os-flavor-manage:delete');
  });
}

function find(cloud: Cloud, request: FastifyRequest): FlavorRecord {
  const id = param(request, 'flavor');
  const flavor = cloud.state.flavors.get(id);
  if (flavor === undefined) throw novaFault(404, `Flavor ${id} could not be found.`);
  return flavor;
}

function sorted(flavors: FlavorRecord[], asked: URLSearchParams): FlavorRecord[] {
  const least = (name: string): number => {
    const text = asked.get(name) ?? '0';
    if (!/^\s*[+-]?\d+\s*$/.test(text)) throw novaFault(400, `Invalid ${name} filter [${text}]`);
    return Number(text);
  };
  const [ram, disk] = [least('minRam'), least('minDisk')];
  const key = SORT_KEYS[asked.get('sort_key') ?? 'flavorid'] ?? (({ id }: FlavorRecord) => id);
  const sign = asked.get('sort_dir') === 'desc' ? -1 : 1;
  return flavors
    .filter(({ ramMiB, diskGiB }) => ramMiB >= ram && diskGiB >= disk)
    .sort((a, b) => (key(a) === key(b) ? 0 : key(a) < key(b) ? -sign : sign));
}

function basicDocument(
  { id, name }: FlavorRecord,
  links: Links,
  minor: number,
): Record<string, unknown> {
  return {
    id,
    name,
    links: links.of(`flavors/${id}`),
    ...(minor >= 55 ? { description: null } : {}),
  };
}

function flavorDocument(
  flavor: FlavorRecord,
  links: Links,
  minor: number,
): Record<string, unknown> {
  return {
    ...basicDocument(flavor, links, minor),
    ram: flavor.ramMiB,
    disk: flavor.diskGiB,
    swap: minor >= 75 ? 0 : '',
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': false,
    vcpus: flavor.vcpus,
    'os-flavor-access:is_public': true,
    rxtx_factor: 1,
    ...(minor >= 61 ? { extra_specs: flavor.extraSpecs } : {}),
  };
}
