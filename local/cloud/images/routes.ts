import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import { seededUuid } from '../ids.js';
import { param, queryOf } from '../query.js';
import type { ImageRecord } from '../records.js';
import { isoSeconds } from '../time-format.js';
import { WebobFault } from '../webob-fault.js';
import { listImages } from './image-list.js';
import { imageSchema, imagesSchema } from './schemas.js';

/** Glance 25 (Zed), newest first. */
const VERSIONS = [15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

const IMAGE = '/image/v2/images/:image';

/** Images: those of the cloud itself, for everyone to read. */
export function imageRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;

  app.get('/image', (_request, reply) => reply.code(300).send(versionsDocument(cloud)));
  app.get('/image/versions', () => versionsDocument(cloud));

  app.get('/image/v2/images', (request) => {
    const query = queryOf(request);
    const { page, full } = listImages(state.images.all(), imageDocument, query);
    const last = page.at(-1)?.id;
    return {
      images: page,
      first: pageLink(query),
      ...(full && typeof last === 'string' ? { next: pageLink(query, last) } : {}),
      schema: '/v2/schemas/images',
    };
  });

  app.get(IMAGE, (request) => imageDocument(find(cloud, request)));

  app.get(`${IMAGE}/members`, (request) => {
    const { id } = find(cloud, request);
    throw new WebobFault(
      403,
      `Not allowed to list members for image ${id}: Only shared images have members.`,
    );
  });

  app.post('/image/v2/images', () => {
    throw new WebobFault(403, 'You are not authorized to complete add_image action.');
  });
  app.patch(IMAGE, (request) => {
    find(cloud, request);
    throw new WebobFault(403, 'You do not own this image');
  });
  app.delete(IMAGE, (request) => {
    const id = param(request, 'image');
    if (!state.images.has(id)) throw new WebobFault(404, `Failed to find image ${id} to delete`);
    throw new WebobFault(403, 'You do not own this image');
  });

  app.get('/image/v2/schemas/image', () => imageSchema);
  app.get('/image/v2/schemas/images', () => imagesSchema);
}

function find(cloud: Cloud, request: FastifyRequest): ImageRecord {
  const id = param(request, 'image');
  const image = cloud.state.images.get(id);
  if (image === undefined) throw new WebobFault(404, `No image found with ID ${id}`);
  return image;
}

function imageDocument(image: ImageRecord): Record<string, unknown> {
  const time = isoSeconds(image.createdAt);
  // There are no bytes behind an image: its hashes are made up, the same ones for ever.
  const hash = (algorithm: string): string => createHash(algorithm).update(image.id).digest('hex');
  return {
    ...image.properties,
    name: image.name,
    disk_format: 'qcow2',
    container_format: 'bare',
    visibility: 'public',
    size: image.sizeBytes,
    virtual_size: null,
    status: 'active',
    checksum: hash('md5'),
    protected: false,
    min_ram: image.minRamMiB,
    min_disk: image.minDiskGiB,
    owner: OWNER,
    os_hidden: false,
    os_hash_algo: 'sha512',
    os_hash_value: hash('sha512'),
    id: image.id,
    created_at: time,
    updated_at: time,
    tags: [],
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: '/v2/schemas/image',
  };
}

/** The cloud's own project. */
const OWNER = seededUuid('image-owner').replaceAll('-', '');

function pageLink(query: URLSearchParams, marker?: string): string {
  const asked = new URLSearchParams(query);
  asked.delete('marker');
  if (marker !== undefined) asked.set('marker', marker);
  const text = asked.toString();
  return text === '' ? '/v2/images' : `/v2/images?${text}`;
}

function versionsDocument(cloud: Cloud): Record<string, unknown> {
  return {
    versions: VERSIONS.map((minor, index) => ({
      id: `v2.${minor}`,
      status: index === 0 ? 'CURRENT' : 'SUPPORTED',
      links: [{ rel: 'self', href: `${cloud.url}/image/v2/` }],
    })),
  };
}
