import { account } from '../account.js';
import { beginSaving } from '../images/image-data.js';
import type { ImageFiles } from '../images/image-files.js';
import type { ImageData } from '../records.js';
import type { State } from '../state.js';

/**
 * Lets a server's image say what the disk is, and wait for its bytes.
 * @returns whether the image is still there. Call it inside a transaction.
 */
export function beginUpload(state: State, imageId: string): boolean {
  const image = state.images.get(imageId);
  if (image === undefined) return false;
  state.images.put(imageId, {
    ...image,
    diskFormat: 'raw',
    containerFormat: 'bare',
    properties: {
      ...image.properties,
      image_location: 'snapshot',
      image_state: 'available',
      owner_id: account(state).projectId,
    },
  });
  beginSaving(state, imageId);
  return true;
}

/** Writes the bytes of a server's image. */
export function writeSnapshot(files: ImageFiles, imageId: string, serverId: string): ImageData {
  return files.put(imageId, Buffer.from(`snapshot of server ${serverId}\n`));
}
