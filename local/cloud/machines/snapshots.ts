import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { finishSaving } from '../images/image-data.js';
import type { ImageFiles } from '../images/image-files.js';
import { deleteImage } from '../images/image-store.js';
import type { ServerRecord, SnapshotRecord } from '../records.js';
import type { State } from '../state.js';
import type { Machines } from './machines.js';
import { beginUpload, writeSnapshot } from './snapshot-upload.js';

/** Snapshots under way. Each goes through Nova's task states; one that was interrupted begins again. */
export class Snapshots {
  private readonly running = new Set<Promise<void>>();
  private readonly closing = new AbortController();

  constructor(
    private readonly state: State,
    private readonly imageFiles: ImageFiles,
    private readonly machines: Machines,
    private readonly log: FastifyBaseLogger,
  ) {}

  private get images(): Parameters<typeof deleteImage>[0] {
    return { state: this.state, imageFiles: this.imageFiles };
  }

  /** Goes on with those of the last process. */
  resume(): void {
    for (const { key } of this.state.snapshots.entries()) this.take(String(key));
  }

  /** Takes the snapshot that is written down for a server. */
  take(serverId: string): void {
    const work = this.run(serverId)
      .catch((error: unknown) => this.fail(serverId, error))
      .finally(() => this.running.delete(work));
    this.running.add(work);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all(this.running);
  }

  private async run(serverId: string): Promise<void> {
    const snapshot = this.state.snapshots.get(serverId);
    if (snapshot === undefined) return;
    const { imageId, backup } = snapshot;
    if (backup === null) await this.pass(serverId, 'image_snapshot');
    await this.pass(serverId, 'image_pending_upload');
    await this.pass(serverId, 'image_uploading', () => {
      if (!beginUpload(this.state, imageId)) throw new Disappeared();
    });
    await this.machines.copyDisk(serverId, this.imageFiles.disk(imageId));
    const data = writeSnapshot(this.imageFiles, imageId, serverId);
    const kept = this.state.transaction(() => {
      this.end(serverId);
      return finishSaving(this.state, imageId, data);
    });
    if (!kept) await this.imageFiles.remove(imageId);
    if (backup !== null) await this.rotate(serverId, backup);
  }

  /** The next task state of a server, after a while. */
  private async pass(serverId: string, taskState: string, also?: () => void): Promise<void> {
    const { signal } = this.closing;
    await sleep(this.machines.times.powerMs / 3, undefined, { signal });
    this.state.transaction(() => {
      const server = this.state.servers.get(serverId);
      if (!isBusy(server)) throw new Disappeared();
      this.state.servers.put(serverId, { ...server, taskState });
      also?.();
    });
  }

  /** Deletes the oldest backups of a type, so that not more than so many are left. */
  private async rotate(
    serverId: string,
    { type, rotation }: NonNullable<SnapshotRecord['backup']>,
  ): Promise<void> {
    const backups = this.state.images
      .all()
      .filter(({ properties }) => properties.image_type === 'backup')
      .filter(({ properties }) => properties.backup_type === type)
      .filter(({ properties }) => properties.instance_uuid === serverId)
      .sort((a, b) => b.createdAt - a.createdAt);
    for (const { id, protected: isProtected } of backups.slice(rotation)) {
      if (!isProtected) await deleteImage(this.images, id);
    }
  }

  private async fail(serverId: string, error: unknown): Promise<void> {
    if (this.closing.signal.aborted) return;
    if (!(error instanceof Disappeared)) {
      this.log.error({ server: serverId, err: error }, 'a snapshot could not be taken');
    }
    const image = this.state.images.get(this.state.snapshots.get(serverId)?.imageId ?? '');
    this.state.transaction(() => {
      this.end(serverId);
    });
    if (image?.data === null) await deleteImage(this.images, image.id);
  }

  /** Call it inside a transaction. */
  private end(serverId: string): void {
    this.state.snapshots.remove(serverId);
    const server = this.state.servers.get(serverId);
    if (isBusy(server)) this.state.servers.put(serverId, { ...server, taskState: null });
  }
}

/** The server or the image went away meanwhile. */
class Disappeared extends Error {
  override readonly name = 'Disappeared';
}

function isBusy(server: ServerRecord | undefined): server is ServerRecord {
  return server?.taskState?.startsWith('image_') === true;
}
