import type { ImageRecord } from '../records.js';
import { WebobFault } from '../webob-fault.js';

/** Glance's `image_property_quota`, `image_tag_quota` and `image_member_quota`. */
export const MAX_PROPERTIES = 128;
export const MAX_TAGS = 128;
export const MAX_MEMBERS = 128;

const MAX_INTEGER = 2 ** 31 - 1;

/** The fields of an image that a project sets, by their names in the API. */
const SETTERS: Record<string, (image: ImageRecord, value: unknown) => void> = {
  name: (image, value) => (image.name = value as string | null),
  visibility: (image, value) => (image.visibility = value as ImageRecord['visibility']),
  protected: (image, value) => (image.protected = value as boolean),
  os_hidden: (image, value) => (image.hidden = value as boolean),
  owner: (image, value) => (image.owner = value as string),
  tags: (image, value) => {
    image.tags = [...new Set(value as string[])];
    requireQuota('tags', image.tags.length, MAX_TAGS);
  },
  min_disk: (image, value) => {
    image.minDiskGiB = natural('min_disk', value as number);
  },
  min_ram: (image, value) => {
    image.minRamMiB = natural('min_ram', value as number);
  },
  disk_format: (image, value) => {
    requireQueued(image, 'disk_format');
    image.diskFormat = value as string | null;
  },
  container_format: (image, value) => {
    requireQueued(image, 'container_format');
    image.containerFormat = value as string | null;
  },
};

/** Whether an image has such a field, beside its properties. */
export function isField(name: string): boolean {
  return Object.hasOwn(SETTERS, name);
}

/** Sets a field or property whose value fits the schema; throws 400, 403 or 413. */
export function setField(image: ImageRecord, name: string, value: unknown): void {
  const setter = SETTERS[name];
  if (setter !== undefined) setter(image, value);
  else image.properties = { ...image.properties, [name]: value as string | null };
}

/** Throws 413 for more than there may be. */
export function requireQuota(
  what: 'tags' | 'properties',
  attempted: number,
  maximum: number,
): void {
  if (attempted <= maximum) return;
  throw new WebobFault(
    413,
    `The limit has been exceeded on the number of allowed image ${what}. ` +
      `Attempted: ${attempted}, Maximum: ${maximum}`,
  );
}

/** Throws 403 for what only an administrator may do. */
export function requireVisibility(visibility: unknown): void {
  if (visibility !== 'public') return;
  throw new WebobFault(403, 'You are not authorized to complete publicize_image action.');
}

function natural(name: string, value: number): number {
  if (value < 0) {
    const problem = 'Cannot be a negative value';
    throw new WebobFault(400, `Invalid value '${value}' for parameter '${name}': ${problem}`);
  }
  if (value > MAX_INTEGER) {
    throw new WebobFault(400, `'${name}' value out of range, must not exceed ${MAX_INTEGER}.`);
  }
  return value;
}

function requireQueued(image: ImageRecord, name: string): void {
  if (image.status === 'queued') return;
  throw new WebobFault(403, `Attribute ${name} can be only replaced for a queued image.`);
}
