import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';
import { param, queryOf } from '../query.js';
import type { ImageRecord } from '../records.js';
import { isoSeconds } from '../time-format.js';
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
        filtered(state.images.all(), asked),
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
    const image = state.images.get(param(request, 'image').toLowerCase());
    if (image === undefined) throw novaFault(404, 'Image not found.');
    return { image: imageDocument(cloud, image, new Links(cloud, request)) };
  });

  app.get(`${IMAGES}/:image/metadata`, (request) => {
    if (requestedMicroversion(cloud, request) > 38) throw noResource();
    const image = state.images.get(param(request, 'image').toLowerCase());
    if (image === undefined) throw novaFault(404, 'Image not found.');
    return { metadata: image.properties };
  });

  app.delete(`${IMAGES}/:image`, (request) => {
    if (requestedMicroversion(cloud, request) > 35) throw noResource();
    if (!state.images.has(param(request, 'image'))) throw novaFault(404, 'Image not found.');
    throw novaFault(403, 'You are not allowed to delete the image.');
  });
}

function requireCount(asked: URLSearchParams): void {
  const limit = asked.get('limit');
  if (limit === null || /^\s*\+?\d+\s*$/.test(limit)) return;
  const problem = /^\s*-\d+\s*$/.test(limit) ? 'must be >= 0' : 'must be an integer';
  throw novaFault(400, `Invalid input received: limit ${problem}`);
}

/** Nova hands the filters to Glance, which looks for exactly the same values. */
function filtered(images: ImageRecord[], asked: URLSearchParams): ImageRecord[] {
  const server = asked.get('server');
  const status = asked.get('status')?.toLowerCase() ?? 'active';
  if (status !== 'active' || asked.has('type') || server !== null) return [];
  const matches = (name: string, value: string | number): boolean =>
    !asked.has(name) || asked.get(name) === String(value);
  return images
    .filter((image) => matches('name', image.name))
    .filter((image) => matches('minRam', image.minRamMiB))
    .filter((image) => matches('minDisk', image.minDiskGiB))
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
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
  const time = isoSeconds(image.createdAt);
  return {
    ...basicDocument(cloud, image, links),
    minRam: image.minRamMiB,
    minDisk: image.minDiskGiB,
    metadata: image.properties,
    created: time,
    updated: time,
    status: 'ACTIVE',
    progress: 100,
    'OS-EXT-IMG-SIZE:size': image.sizeBytes,
  };
}
