import type { FastifyInstance, FastifyRequest } from 'fastify';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { matchingImages } from '../images/image-list.js';
import { deleteImage, visibleImage } from '../images/image-store.js';
import { param, queryOf } from '../query.js';
import type { ImageRecord } from '../records.js';
import type { State } from '../state.js';
import { isoSeconds } from '../time-format.js';
import { escaped, WebobFault } from '../webob-fault.js';
import { noResource, novaFault } from './faults.js';
import { Links, pageItems, type Link } from './links.js';
import { requestedMicroversion } from './microversion.js';

const IMAGES = '/compute/v2.1/images';

/** Images as Compute shows them; the last microversion with them is 2.35. */
export function imageProxyRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;

  for (const detailed of [false, true]) {
    const path = detailed ? 'images/detail' : 'images';
    app.get(`/compute/v2.1/${path}`, (request) => {
      if (requestedMicroversion(cloud, request) > 35) throw noResource();
      const asked = queryOf(request);
      requireCount(asked);
      const links = new Links(cloud, request);
      const page = pageItems(
        filtered(cloud, asked),
        asked,
        ({ id }) => id,
        (marker) => novaFault(400, `HTTP 400 Bad Request: No image found with ID ${marker}`),
      );
      return {
        images: page.map((image) =>
          detailed ? imageDocument(cloud, image, links) : basicDocument(cloud, image, links),
        ),
        ...links.next(path, 'images_links', page.length, page.at(-1)?.id),
      };
    });
  }

  app.get(`${IMAGES}/:image`, (request) => {
    if (requestedMicroversion(cloud, request) > 35) throw noResource();
    const image = find(state, request);
    return { image: imageDocument(cloud, image, new Links(cloud, request)) };
  });

  app.get(`${IMAGES}/:image/metadata`, (request) => {
    if (requestedMicroversion(cloud, request) > 38) throw noResource();
    return { metadata: find(state, request).properties };
  });

  app.delete(`${IMAGES}/:image`, async (request, reply) => {
    if (requestedMicroversion(cloud, request) > 35) throw noResource();
    const image = find(state, request);
    if (image.owner !== account(state).projectId || image.protected) {
      throw novaFault(403, 'You are not allowed to delete the image.');
    }
    await deleteImage(cloud, image.id);
    return reply.code(204).send();
  });
}

function find(state: State, request: FastifyRequest): ImageRecord {
  const image = visibleImage(state, param(request, 'image').toLowerCase());
  if (image === undefined) throw novaFault(404, 'Image not found.');
  return image;
}

function requireCount(asked: URLSearchParams): void {
  const limit = asked.get('limit');
  if (limit === null || /^\s*\+?\d+\s*$/.test(limit)) return;
  const problem = /^\s*-\d+\s*$/.test(limit) ? 'must be >= 0' : 'must be an integer';
  throw novaFault(400, `Invalid input received: limit ${problem}`);
}

/** Filters by their names in Glance, as Nova hands them on; others than these it leaves out. */
const FILTERS: Record<string, string> = {
  name: 'name',
  status: 'status',
  'changes-since': 'updated_at',
  server: 'instance_uuid',
  type: 'image_type',
  minRam: 'min_ram',
  minDisk: 'min_disk',
};

function filtered({ state }: Cloud, asked: URLSearchParams): ImageRecord[] {
  const query = new URLSearchParams();
  for (const [name, value] of asked) {
    const property = /^property-(.+)$/.exec(name)?.[1] ?? FILTERS[name];
    if (property === undefined) continue;
    const wanted = property === 'instance_uuid' ? value.replace(/^.*\//, '') : value;
    query.set(property, name === 'changes-since' ? `gte:${wanted}` : wanted);
  }
  try {
    return matchingImages(state, query);
  } catch (error) {
    if (!(error instanceof WebobFault)) throw error;
    throw novaFault(400, `HTTP 400 Bad Request: ${escaped(error.message)}`);
  }
}

function linksOf(cloud: Cloud, { id }: ImageRecord, links: Links): Link[] {
  return [
    ...links.of(`images/${id}`),
    {
      rel: 'alternate',
      type: 'application/vnd.openstack.image',
      href: `${cloud.url}/image/images/${id}`,
    },
  ];
}

function basicDocument(cloud: Cloud, image: ImageRecord, links: Links): Record<string, unknown> {
  return { id: image.id, name: image.name, links: linksOf(cloud, image, links) };
}

function imageDocument(cloud: Cloud, image: ImageRecord, links: Links): Record<string, unknown> {
  const { instance_uuid: serverId } = image.properties;
  return {
    ...basicDocument(cloud, image, links),
    minRam: image.minRamMiB,
    minDisk: image.minDiskGiB,
    metadata: image.properties,
    created: isoSeconds(image.createdAt),
    updated: isoSeconds(image.updatedAt),
    status: STATUSES[image.status] ?? 'UNKNOWN',
    progress: PROGRESS[image.status] ?? 0,
    'OS-EXT-IMG-SIZE:size': image.data?.bytes ?? 0,
    ...(serverId == null
      ? {}
      : { server: { id: serverId, links: links.of(`servers/${serverId}`) } }),
    ...diskConfig(image),
  };
}

const STATUSES: Record<string, string> = { queued: 'SAVING', saving: 'SAVING', active: 'ACTIVE' };
const PROGRESS: Record<string, number> = { queued: 25, saving: 50, active: 100 };

/** What a property of the image says of the disks of its servers. */
function diskConfig({ properties }: ImageRecord): Record<string, string> {
  const value = properties.auto_disk_config;
  if (value == null) return {};
  const isAuto = ['1', 't', 'true', 'on', 'y', 'yes'].includes(value.trim().toLowerCase());
  return { 'OS-DCF:diskConfig': isAuto ? 'AUTO' : 'MANUAL' };
}
