import type { ImageRecord } from '../records.js';
import { isoSeconds } from '../time-format.js';

/** The one place where images are kept, as Glance calls it. */
export const STORE = 'file';
/** With those that Glance has for itself. */
export const ALL_STORES = `${STORE},os_glance_staging_store,os_glance_tasks_store`;

/** An image as the API shows it. */
export function imageDocument(image: ImageRecord): Record<string, unknown> {
  const { data } = image;
  return {
    ...image.properties,
    name: image.name,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    visibility: image.visibility,
    size: data?.bytes ?? null,
    virtual_size: data?.virtualBytes ?? null,
    status: image.status,
    checksum: data?.md5 ?? null,
    protected: image.protected,
    min_ram: image.minRamMiB,
    min_disk: image.minDiskGiB,
    owner: image.owner,
    os_hidden: image.hidden,
    os_hash_algo: data === null ? null : 'sha512',
    os_hash_value: data?.sha512 ?? null,
    id: image.id,
    created_at: isoSeconds(image.createdAt),
    updated_at: isoSeconds(image.updatedAt),
    tags: image.tags,
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: '/v2/schemas/image',
    // Where the bytes of a deactivated image lie is not told.
    ...(data !== null && image.status !== 'deactivated' ? { stores: STORE } : {}),
  };
}
