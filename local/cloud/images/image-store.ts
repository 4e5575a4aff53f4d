import type { FastifyRequest } from 'fastify';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { param } from '../query.js';
import type { ImageRecord } from '../records.js';
import type { State } from '../state.js';
import { WebobFault } from '../webob-fault.js';

/** Whether the project may see an image: its own, those for all, and those shared with it. */
export function isVisible(state: State, image: ImageRecord): boolean {
  const { projectId } = account(state);
  if (image.owner === projectId) return true;
  if (image.visibility === 'public' || image.visibility === 'community') return true;
  const isMember = image.members.some((member) => member.projectId === projectId);
  return image.visibility === 'shared' && isMember;
}

/** An image that the project may see. */
export function visibleImage(state: State, id: string): ImageRecord | undefined {
  const image = state.images.get(id);
  return image !== undefined && isVisible(state, image) ? image : undefined;
}

/** The image that a request is about; throws 404. */
export function requestedImage({ state }: Cloud, request: FastifyRequest): ImageRecord {
  const id = param(request, 'image');
  const image = visibleImage(state, id);
  if (image === undefined) throw new WebobFault(404, `No image found with ID ${id}`);
  return image;
}

/** Throws 403 for an image of another project. */
export function requireOwn(
  state: State,
  image: ImageRecord,
  message = 'You do not own this image',
): void {
  if (image.owner !== account(state).projectId) throw new WebobFault(403, message);
}

/** Writes a changed image down. Call it inside a transaction. */
export function putImage(state: State, image: ImageRecord): ImageRecord {
  const changed = { ...image, updatedAt: Date.now() };
  state.images.put(image.id, changed);
  return changed;
}

/** Deletes an image and what it consists of. */
export async function deleteImage(
  { state, imageFiles }: Pick<Cloud, 'state' | 'imageFiles'>,
  id: string,
): Promise<void> {
  state.transaction(() => {
    state.images.remove(id);
    state.deletedImages.put(id, true);
  });
  await imageFiles.remove(id);
}

/** Goes on after the last process of the cloud: uploads that it was in begin again. */
export function recoverImages({ state, imageFiles }: Pick<Cloud, 'state' | 'imageFiles'>): void {
  state.transaction(() => {
    for (const image of state.images.all().filter(({ status }) => status === 'saving')) {
      state.images.put(image.id, { ...image, status: 'queued' });
    }
  });
  const used = state.images.all().filter(({ data }) => data !== null);
  imageFiles.sweep(new Set(used.map(({ id }) => id)));
}
