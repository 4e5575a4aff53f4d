import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Cloud } from '../cloud.js';
import type { ImageData, ImageRecord } from '../records.js';
import type { State } from '../state.js';
import { WebobFault } from '../webob-fault.js';
import { putImage, requestedImage, requireOwn } from './image-store.js';
import { unsupportedMedia } from './json-body.js';

const FILE = '/image/v2/images/:image/file';

/** Bytes of images: up and down. */
export function imageDataRoutes(app: FastifyInstance, cloud: Cloud): void {
  app.get(FILE, (request, reply) => download(cloud, request, reply));

  app.register((uploads, _options, done) => {
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser('*', (_request, body, parsed) => {
      parsed(null, body);
    });
    uploads.put(FILE, async (request, reply) => {
      const type = request.headers['content-type']?.split(';')[0]?.trim();
      if (type !== 'application/octet-stream') throw unsupportedMedia(request);
      const image = requestedImage(cloud, request);
      const refused = `Not allowed to upload image data for image ${image.id}`;
      requireOwn(cloud.state, image, refused);
      await receive(cloud, image.id, request.raw);
      return reply.code(204).send();
    });
    done();
  });
}

/** Takes the bytes of an image; one that breaks off leaves it as it was before. */
async function receive(cloud: Cloud, id: string, source: IncomingMessage): Promise<void> {
  const { state, imageFiles } = cloud;
  const image = state.transaction(() => beginSaving(state, id));
  let data: ImageData;
  try {
    data = await imageFiles.write(image, source as AsyncIterable<Buffer>);
  } catch (error) {
    state.transaction(() => {
      finishSaving(state, id, null);
    });
    throw error;
  }
  if (state.transaction(() => finishSaving(state, id, data))) return;
  await imageFiles.remove(id);
  throw new WebobFault(
    410,
    `Image ${id} could not be found after upload. The image may have been deleted during the ` +
      'upload, cleaning up the chunks uploaded.',
  );
}

/** Lets an image wait for its bytes; throws 400 and 409. Call it inside a transaction. */
export function beginSaving(state: State, id: string): ImageRecord {
  const image = state.images.get(id);
  if (image === undefined) throw new WebobFault(404, `No image found with ID ${id}`);
  if (image.status !== 'queued') {
    throw new WebobFault(
      409,
      `Image status transition from ${image.status} to saving is not allowed`,
    );
  }
  const missing = [
    ...(image.diskFormat === null ? ['disk_format'] : []),
    ...(image.containerFormat === null ? ['container_format'] : []),
  ];
  if (missing.length > 0) {
    const which = missing.length === 1 ? 'Property' : 'Properties';
    throw new WebobFault(400, `${which} ${missing.join(', ')} must be set prior to saving data.`);
  }
  return putImage(state, { ...image, status: 'saving' });
}

/**
 * Gives an image the bytes that have come, or lets it wait for others.
 * @returns whether the image is still there. Call it inside a transaction.
 */
export function finishSaving(state: State, id: string, data: ImageData | null): boolean {
  const image = state.images.get(id);
  if (image?.status !== 'saving') return false;
  putImage(state, { ...image, status: data === null ? 'queued' : 'active', data });
  return true;
}

function download(cloud: Cloud, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { id, status, data } = requestedImage(cloud, request);
  if (status === 'deactivated') {
    throw new WebobFault(
      403,
      'The requested image has been deactivated. Image data download is forbidden.',
    );
  }
  if (data === null) return reply.code(204).send();
  const range = requestedRange(request.headers.range, data.bytes);
  const { start, end } = range ?? { start: 0, end: data.bytes };
  if (range !== undefined) {
    reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${data.bytes}`);
  }
  reply
    .header('content-type', 'application/octet-stream')
    .header('content-md5', data.md5)
    .header('content-length', end - start);
  if (start === end) return reply.send('');
  return reply.send(cloud.imageFiles.read(id, start, end));
}

/** The one range that may be asked for, its end exclusive; throws 400 and 416. */
function requestedRange(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | undefined {
  if (header === undefined) return undefined;
  if (header.includes(',')) {
    throw new WebobFault(
      400,
      'Requests with multiple ranges are not supported in Glance. You may make multiple ' +
        'single-range requests instead.',
    );
  }
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? [];
  if (first === '' && last === '') throw WebobFault.below(416, 'Invalid Range header.');
  if (first === '') return { start: Math.max(0, bytes - Number(last)), end: bytes };
  const start = Number(first);
  if (last !== '' && Number(last) < start) throw WebobFault.below(416, 'Invalid Range header.');
  if (start >= bytes) {
    throw WebobFault.below(
      416,
      'Invalid start position in Range header. Start position MUST be in the inclusive range ' +
        `[0, ${bytes - 1}].`,
    );
  }
  return { start, end: last === '' ? bytes : Math.min(bytes, Number(last) + 1) };
}
