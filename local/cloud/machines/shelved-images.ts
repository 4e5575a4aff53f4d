import { finishSaving } from '../images/image-data.js';
import type { ImageFiles } from '../images/image-files.js';
import { deleteImage } from '../images/image-store.js';
import type { ServerRecord } from '../records.js';
import type { State } from '../state.js';
import { beginUpload, writeSnapshot } from './snapshot-upload.js';

/** Images of shelved servers. What is done to them may be done again. */
export class ShelvedImages {
  constructor(
    private readonly state: State,
    private readonly imageFiles: ImageFiles,
  ) {}

  has({ shelvedImageId }: ServerRecord): boolean {
    return shelvedImageId !== undefined && this.state.images.has(shelvedImageId);
  }

  /** Lets the image wait for its bytes. */
  begin({ shelvedImageId: id }: ServerRecord): void {
    if (id === undefined || this.state.images.get(id)?.status !== 'queued') return;
    this.state.transaction(() => beginUpload(this.state, id));
  }

  /** Gives the image its bytes; they are waited for again after a restart of the cloud. */
  async fill(server: ServerRecord): Promise<void> {
    const { id: serverId, shelvedImageId: id } = server;
    this.begin(server);
    if (id === undefined || this.state.images.get(id)?.status !== 'saving') return;
    const data = writeSnapshot(this.imageFiles, id, serverId);
    const kept = this.state.transaction(() => finishSaving(this.state, id, data));
    if (!kept) await this.imageFiles.remove(id);
  }

  /** Deletes the image, unless it is protected. */
  async remove({ shelvedImageId: id }: ServerRecord): Promise<void> {
    const image = id === undefined ? undefined : this.state.images.get(id);
    if (image === undefined || image.protected) return;
    await deleteImage({ state: this.state, imageFiles: this.imageFiles }, image.id);
  }
}
