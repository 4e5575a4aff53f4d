import { randomUUID } from 'node:crypto';
import { account } from '../account.js';
import { pythonStr } from '../python-text.js';
import type { ImageRecord } from '../records.js';
import type { State } from '../state.js';
import { WebobFault } from '../webob-fault.js';
import {
  isField,
  MAX_PROPERTIES,
  requireQuota,
  requireVisibility,
  setField,
} from './image-fields.js';
import { checkImage } from './schema-check.js';

/** What an image shows and nobody ever sets. */
const SHOWN = ['direct_url', 'self', 'file', 'schema', 'stores'];
/** What Glance sets itself, in the order in which it objects. */
const READ_ONLY = ['created_at', 'updated_at', 'status', 'checksum', 'size', 'virtual_size'];
/** Hashes are overlooked. */
const OVERLOOKED = ['os_hash_algo', 'os_hash_value'];
const RESERVED = ['location', 'deleted', 'deleted_at'];

/** Makes the image that a body asks for, still without bytes; throws Glance's refusals. */
export function createImage(state: State, body: Record<string, unknown>): ImageRecord {
  for (const name of SHOWN) if (name in body) throw readOnly(name);
  checkImage(body);
  const names = Object.keys(body);
  for (const name of names) requireProperty(name);
  const { projectId } = account(state);
  requireVisibility(body.visibility);
  if (body.owner !== undefined && body.owner !== projectId) {
    const owner = pythonStr(body.owner);
    throw new WebobFault(403, `You are not permitted to create images owned by '${owner}'.`);
  }
  const image = newImage(projectId, typeof body.id === 'string' ? body.id : randomUUID());
  if (names.includes('tags')) setField(image, 'tags', body.tags);
  for (const name of READ_ONLY) if (name in body) throw readOnly(name);
  if (names.includes('locations')) throw reserved('locations');
  for (const name of names.filter((name) => name !== 'id' && !OVERLOOKED.includes(name))) {
    setField(image, name, body[name]);
  }
  requireQuota('properties', Object.keys(image.properties).length, MAX_PROPERTIES);
  return state.transaction(() => {
    if (state.images.has(image.id) || state.deletedImages.has(image.id)) {
      throw new WebobFault(409, `Image ID ${image.id} already exists!`);
    }
    state.images.put(image.id, image);
    return image;
  });
}

/** An image with nothing said about it. */
export function newImage(owner: string, id: string): ImageRecord {
  const now = Date.now();
  return {
    id,
    name: null,
    status: 'queued',
    visibility: 'shared',
    owner,
    protected: false,
    hidden: false,
    minRamMiB: 0,
    minDiskGiB: 0,
    diskFormat: null,
    containerFormat: null,
    tags: [],
    properties: {},
    members: [],
    data: null,
    createdAt: now,
    updatedAt: now,
  };
}

/** Throws 403 for a change to what only Glance sets, or keeps for itself. */
export function requireChangeable(name: string): void {
  if ([...READ_ONLY, ...OVERLOOKED, 'direct_url', 'self', 'file', 'schema', 'id'].includes(name)) {
    throw readOnly(name);
  }
  if (isReserved(name)) throw reserved(name);
}

function requireProperty(name: string): void {
  if (isField(name)) return;
  if (name.length > 255) {
    throw new WebobFault(400, 'Custom property should not be greater than 255 characters.');
  }
  if (isReserved(name)) throw WebobFault.below(403, reserved(name).message);
}

function isReserved(name: string): boolean {
  return RESERVED.includes(name) || name.startsWith('os_glance');
}

function readOnly(name: string): WebobFault {
  return new WebobFault(403, `Attribute '${name}' is read-only.`);
}

function reserved(name: string): WebobFault {
  return new WebobFault(403, `Attribute '${name}' is reserved.`);
}
