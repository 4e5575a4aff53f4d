import { randomUUID } from 'node:crypto';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { newImage } from '../images/new-image.js';
import type { ImageRecord, ServerRecord } from '../records.js';

/** Properties of an image that its snapshots do not have. */
const NOT_INHERITED = [
  ...['cache_in_nova', 'bittorrent', 'mappings', 'block_device_mapping', 'img_mappings'],
  ...['img_block_device_mapping', 'img_signature', 'img_signature_hash_method'],
  ...['img_signature_key_type', 'img_signature_certificate_uuid', 'cinder_encryption_key_id'],
  'cinder_encryption_key_deletion_policy',
];

/**
 * The image that a server's snapshot goes into, as Nova makes it before there is one.
 * @param more properties, before all others
 */
export function snapshotImage(
  { state, profile }: Cloud,
  server: ServerRecord,
  wish: { name: string; metadata?: Record<string, string> },
  type: 'snapshot' | 'backup',
  more: Record<string, string> = {},
): ImageRecord {
  const base = state.images.get(server.imageId);
  const { projectId, projectName, userId, username, roles } = account(state);
  const inherited = Object.entries(base?.properties ?? {}).filter(
    ([name]) => !NOT_INHERITED.includes(name) && !name.startsWith('os_glance'),
  );
  return {
    ...newImage(projectId, randomUUID()),
    name: wish.name.trim(),
    visibility: 'private',
    minRamMiB: base?.minRamMiB ?? 0,
    minDiskGiB: Math.max(base?.minDiskGiB ?? 0, state.flavors.get(server.flavorId)?.diskGiB ?? 0),
    diskFormat: type === 'backup' ? (base?.diskFormat ?? null) : null,
    containerFormat: type === 'backup' ? (base?.containerFormat ?? null) : null,
    properties: {
      base_image_ref: server.imageId,
      ...Object.fromEntries(inherited),
      ...(profile.name === 'rackspace'
        ? {}
        : {
            boot_roles: roles.map(({ name }) => name).join(','),
            owner_project_name: projectName,
            owner_user_name: username,
          }),
      instance_uuid: server.id,
      user_id: userId,
      image_type: type,
      ...wish.metadata,
      ...more,
    },
  };
}
