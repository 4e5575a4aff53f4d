import type { FastifyReply, FastifyRequest } from 'fastify';
import { quota, type Cloud } from '../cloud.js';
import type { ImageRecord, ServerRecord, SnapshotRecord } from '../records.js';
import type { Action } from './action.js';
import { novaFault } from './faults.js';
import { requestedMicroversion } from './microversion.js';
import {
  metadata,
  name,
  nameWithSpaces,
  nonNegativeInteger,
  object,
  wrapped,
} from './parameter-types.js';
import { recordAction, requireState } from './server-store.js';
import { snapshotImage } from './snapshot-image.js';
import { Validator, type Schema } from './validation.js';

interface ImageWish {
  name: string;
  metadata?: Record<string, string>;
}

interface BackupWish extends ImageWish {
  backup_type: string;
  rotation: number | string;
}

const imageBody = (name: Schema): Validator =>
  new Validator(wrapped('createImage', object({ name, metadata }, ['name'])));
const backupBody = (name: Schema): Validator =>
  new Validator(
    wrapped(
      'createBackup',
      object({ name, backup_type: { type: 'string' }, rotation: nonNegativeInteger, metadata }, [
        'name',
        'backup_type',
        'rotation',
      ]),
    ),
  );
const IMAGE = { current: imageBody(name), legacy: imageBody(nameWithSpaces) };
const BACKUP = { current: backupBody(name), legacy: backupBody(nameWithSpaces) };

/** The last microversion that counts an image's metadata as a server's. */
const LAST_WITH_METADATA_QUOTA = 38;

/** Images of servers: snapshots, and backups of which only so many are kept. */
export const snapshotActions: Record<string, Action> = {
  createImage(cloud, request, server, body, reply) {
    const { legacyCompute } = request.call;
    (legacyCompute ? IMAGE.legacy : IMAGE.current).body(body, legacyCompute);
    const wish = body.createImage as ImageWish;
    const image = snapshotImage(cloud, server, wish, 'snapshot');
    requireSnapshot(cloud, request, server, 'createImage', wish);
    begin(cloud, request, server, image, null);
    return answer(cloud, request, reply, image.id, `${cloud.url}/image/images/${image.id}`);
  },

  createBackup(cloud, request, server, body, reply) {
    const { legacyCompute } = request.call;
    (legacyCompute ? BACKUP.legacy : BACKUP.current).body(body, legacyCompute);
    const wish = body.createBackup as BackupWish;
    const rotation = Number(wish.rotation);
    const type = wish.backup_type;
    const image = snapshotImage(cloud, server, wish, 'backup', { backup_type: type });
    requireSnapshot(cloud, request, server, 'createBackup', wish);
    begin(cloud, request, server, image, { type, rotation });
    const version = legacyCompute ? 'v2' : 'v2.1';
    const location = `${cloud.url}/compute/${version}/images/${image.id}`;
    return answer(cloud, request, reply, image.id, rotation > 0 ? location : undefined);
  },
};

/** A lock keeps nobody from it: it changes nothing of the server. */
function requireSnapshot(
  cloud: Cloud,
  request: FastifyRequest,
  server: ServerRecord,
  action: string,
  { metadata = {} }: ImageWish,
): void {
  const limit = quota(cloud).metadataItems;
  const counts = requestedMicroversion(cloud, request) <= LAST_WITH_METADATA_QUOTA;
  if (counts && limit >= 0 && Object.keys(metadata).length > limit) {
    throw novaFault(403, 'Image metadata limit exceeded');
  }
  requireState({ ...server, locked: false }, action, {
    vmStates: ['active', 'stopped', 'paused', 'suspended'],
  });
}

function begin(
  cloud: Cloud,
  request: FastifyRequest,
  server: ServerRecord,
  image: ImageRecord,
  backup: SnapshotRecord['backup'],
): void {
  const { state } = cloud;
  const taskState = backup === null ? 'image_snapshot_pending' : 'image_backup';
  state.transaction(() => {
    state.images.put(image.id, image);
    state.servers.put(server.id, { ...server, taskState, updatedAt: Date.now() });
    state.snapshots.put(server.id, { imageId: image.id, backup });
    recordAction(state, request, server.id, backup === null ? 'createImage' : 'createBackup');
  });
  cloud.snapshots.take(server.id);
}

function answer(
  cloud: Cloud,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  location: string | undefined,
): Record<string, unknown> | undefined {
  reply.code(202);
  if (requestedMicroversion(cloud, request) >= 45) return { image_id: id };
  if (location !== undefined) reply.header('location', location);
  return undefined;
}
