import type { FastifyInstance, HTTPMethods } from 'fastify';
import type { Cloud } from '../cloud.js';
import { asObject } from '../json-body.js';
import { pythonStr } from '../python-text.js';
import { param, queryOf } from '../query.js';
import type { ImageRecord } from '../records.js';
import { WebobFault } from '../webob-fault.js';
import { imageDataRoutes } from './image-data.js';
import { ALL_STORES, imageDocument, STORE } from './image-document.js';
import { MAX_TAGS } from './image-fields.js';
import { listImages } from './image-list.js';
import { deleteImage, putImage, requestedImage, requireOwn, visibleImage } from './image-store.js';
import { glanceBody } from './json-body.js';
import { memberRoutes } from './members.js';
import { createImage } from './new-image.js';
import { applyChanges, requestedChanges } from './patch.js';
import { checkImage } from './schema-check.js';
import { imageSchema, imagesSchema, memberSchema, membersSchema } from './schemas.js';

/** Glance 25 (Zed), newest first. */
const VERSIONS = [15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

const IMAGES = '/image/v2/images';
const IMAGE = `${IMAGES}/:image`;

/** What may be done with what; anything else is refused. */
const METHODS: [path: string, methods: HTTPMethods[]][] = [
  [IMAGES, ['GET', 'POST']],
  [IMAGE, ['GET', 'PATCH', 'DELETE']],
  [`${IMAGE}/file`, ['GET', 'PUT']],
  [`${IMAGE}/tags/:tag`, ['PUT', 'DELETE']],
  [`${IMAGE}/members`, ['GET', 'POST']],
  [`${IMAGE}/members/:member`, ['GET', 'PUT', 'DELETE']],
  [`${IMAGE}/actions/deactivate`, ['POST']],
  [`${IMAGE}/actions/reactivate`, ['POST']],
];

/** Images, as Glance 25 has them: those of the cloud itself, and the project's own. */
export function imageRoutes(app: FastifyInstance, cloud: Cloud): void {
  app.get('/image', (_request, reply) => reply.code(300).send(versionsDocument(cloud)));
  app.get('/image/versions', () => versionsDocument(cloud));
  refuseOtherMethods(app);
  plainRoutes(app, cloud);
  imageDataRoutes(app, cloud);
  tagRoutes(app, cloud);
  activationRoutes(app, cloud);
  memberRoutes(app, cloud);
  discoveryRoutes(app, cloud);
}

function plainRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;

  app.get(IMAGES, (request) => {
    const query = queryOf(request);
    const { page, full } = listImages(state, query);
    const last = page.at(-1)?.id;
    return {
      images: page,
      first: pageLink(query),
      ...(full && typeof last === 'string' ? { next: pageLink(query, last) } : {}),
      schema: '/v2/schemas/images',
    };
  });

  app.post(IMAGES, (request, reply) => {
    const image = createImage(state, glanceBody(request) as Record<string, unknown>);
    return reply
      .code(201)
      .header('location', `${cloud.url}${IMAGES}/${image.id}`)
      .header('openstack-image-store-ids', ALL_STORES)
      .send(imageDocument(image));
  });

  app.get(IMAGE, (request) => imageDocument(requestedImage(cloud, request)));

  app.patch(IMAGE, (request) => {
    const changes = requestedChanges(request);
    return state.transaction(() => {
      const image = requestedImage(cloud, request);
      applyChanges(state, image, changes);
      return imageDocument(changes.length === 0 ? image : putImage(state, image));
    });
  });

  app.delete(IMAGE, async (request, reply) => {
    const id = param(request, 'image');
    const image = visibleImage(state, id);
    if (image === undefined) throw new WebobFault(404, `Failed to find image ${id} to delete`);
    requireOwn(state, image);
    if (image.protected) {
      throw new WebobFault(403, `Image ${id} is protected and cannot be deleted.`);
    }
    await deleteImage(cloud, id);
    return reply.code(204).send();
  });
}

function tagRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;
  const change = (id: string, verb: string, tags: (image: ImageRecord) => string[]): void => {
    state.transaction(() => {
      const image = visibleImage(state, id);
      if (image === undefined) throw new WebobFault(404, `Image ${id} not found.`);
      requireOwn(state, image, `Not allowed to ${verb} tags for image ${id}.`);
      putImage(state, { ...image, tags: tags(image) });
    });
  };

  app.put(`${IMAGE}/tags/:tag`, (request, reply) => {
    const [id, tag] = [param(request, 'image'), param(request, 'tag')];
    checkImage({ tags: [tag] });
    change(id, 'update', ({ tags }) => {
      const added = [...new Set([...tags, tag])];
      if (added.length <= MAX_TAGS) return added;
      const limit =
        'The limit has been exceeded on the number of allowed image tags. ' +
        `Attempted: ${added.length}, Maximum: ${MAX_TAGS}`;
      throw new WebobFault(413, `Image tag limit exceeded for image ${id}: ${limit}:`);
    });
    return reply.code(204).send();
  });

  app.delete(`${IMAGE}/tags/:tag`, (request, reply) => {
    const tag = param(request, 'tag');
    change(param(request, 'image'), 'delete', ({ tags }) => {
      if (!tags.includes(tag)) throw new WebobFault(404, 'The resource could not be found.');
      return tags.filter((other) => other !== tag);
    });
    return reply.code(204).send();
  });
}

function activationRoutes(app: FastifyInstance, cloud: Cloud): void {
  const { state } = cloud;
  for (const [action, status] of [
    ['deactivate', 'deactivated'],
    ['reactivate', 'active'],
  ] as const) {
    app.post(`${IMAGE}/actions/${action}`, (request, reply) => {
      state.transaction(() => {
        const image = requestedImage(cloud, request);
        requireOwn(state, image);
        if (image.status !== 'active' && image.status !== 'deactivated') {
          const forbidden = `Not allowed to ${action} image in status '${image.status}'`;
          throw new WebobFault(403, forbidden);
        }
        if (image.status !== status) putImage(state, { ...image, status });
      });
      return reply.code(204).send();
    });
  }
}

/** What clients ask before they do anything: schemas, and what the service offers. */
function discoveryRoutes(app: FastifyInstance, cloud: Cloud): void {
  const documents: Record<string, unknown> = {
    'schemas/image': imageSchema,
    'schemas/images': imagesSchema,
    'schemas/member': memberSchema,
    'schemas/members': membersSchema,
    'info/import': {
      'import-methods': { description: 'Import methods available.', type: 'array', value: [] },
    },
    'info/stores': { stores: [{ id: STORE, default: 'true' }] },
    'info/usage': { usage: {} },
  };
  for (const [path, document] of Object.entries(documents)) {
    app.get(`/image/v2/${path}`, () => document);
  }
  app.get(`${IMAGE}/tasks`, (request) => {
    requestedImage(cloud, request);
    return { tasks: [] };
  });
  // Glance with no import method enabled.
  app.post(`${IMAGE}/import`, (request) => {
    const method = asObject(asObject(glanceBody(request))?.method);
    if (method === undefined)
      throw new WebobFault(400, "Import request requires a 'method' field.");
    if (method.name === undefined)
      throw new WebobFault(400, "Import request requires a 'name' field.");
    throw new WebobFault(400, `Unknown import method name '${pythonStr(method.name)}'.`);
  });
  app.put(`${IMAGE}/stage`, () => {
    throw new WebobFault(404, "'glance-direct' method is not available at this site.");
  });
  for (const [path, action] of [
    ['tasks', 'tasks_api_access'],
    ['info/stores/detail', 'stores_info_detail'],
  ] as const) {
    app.get(`/image/v2/${path}`, () => {
      throw new WebobFault(403, `You are not authorized to complete ${action} action.`);
    });
  }
}

function refuseOtherMethods(app: FastifyInstance): void {
  const all: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
  for (const [url, allowed] of METHODS) {
    app.route({
      url,
      method: all.filter((method) => !allowed.includes(method)),
      handler: ({ method }) => {
        const message = `The method ${method} is not allowed for this resource.`;
        throw new WebobFault(405, message, { allow: allowed.join(', ') });
      },
    });
  }
}

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
