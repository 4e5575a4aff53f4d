import { createHash } from 'node:crypto';
import type { Answer, Document } from './answer.js';
import type { Cloud } from './cloud.js';
import type { Fields } from './networked.js';
import type { RequestOptions } from './service.js';

export const PATCH_10 = 'application/openstack-images-v2.1-json-patch';
export const PATCH_4 = 'application/openstack-images-v2.0-json-patch';

/** Asks Glance; refusals come as JSON. */
export function askImages(
  cloud: Cloud,
  method: string,
  path: string,
  { headers, ...options }: RequestOptions = {},
): Promise<Answer> {
  return cloud.image.send(method, path, {
    ...options,
    headers: { accept: 'application/json', ...headers },
  });
}

/** Asks for an image, which is deleted when the case is over. */
export async function createImage(cloud: Cloud, fields: Fields = {}): Promise<Answer> {
  const json = { name: cloud.name('image'), ...fields };
  const answer = await askImages(cloud, 'POST', '/images', { json });
  const id = answer.at('id');
  if (typeof id === 'string') cloud.undo(() => removeImage(cloud, id));
  return answer;
}

/** Deletes an image, a protected one too. */
export async function removeImage(cloud: Cloud, id: string): Promise<void> {
  await patchImage(cloud, id, [{ op: 'replace', path: '/protected', value: false }]);
  (await askImages(cloud, 'DELETE', `/images/${id}`)).is(204, 404);
}

/** An image that waits for its bytes; returns its id. */
export async function queuedImage(cloud: Cloud, fields: Fields = {}): Promise<string> {
  const formats = { disk_format: 'raw', container_format: 'bare' };
  return (await createImage(cloud, { ...formats, ...fields })).is(201).string('id');
}

/** An image with these bytes; returns its id. */
export async function activeImage(
  cloud: Cloud,
  fields: Fields = {},
  bytes: string | Buffer = 'bytes',
): Promise<string> {
  const id = await queuedImage(cloud, fields);
  (await upload(cloud, id, bytes)).is(204);
  return id;
}

export function upload(
  cloud: Cloud,
  id: string,
  body: NonNullable<RequestOptions['body']>,
  type = 'application/octet-stream',
): Promise<Answer> {
  const headers = { 'content-type': type };
  return askImages(cloud, 'PUT', `/images/${id}/file`, { body, headers });
}

export function patchImage(
  cloud: Cloud,
  id: string,
  changes: unknown,
  type = PATCH_10,
): Promise<Answer> {
  const headers = { 'content-type': type };
  return askImages(cloud, 'PATCH', `/images/${id}`, { body: JSON.stringify(changes), headers });
}

export async function showImage(cloud: Cloud, id: string): Promise<Document> {
  return (await askImages(cloud, 'GET', `/images/${id}`)).is(200);
}

/** The names that a list shows. */
export async function listedNames(cloud: Cloud, query: string): Promise<unknown[]> {
  return (await askImages(cloud, 'GET', `/images?${query}`)).is(200).each('images', 'name');
}

export function digest(algorithm: string, bytes: string | Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
