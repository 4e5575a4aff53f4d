import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { ImageData, ImageRecord } from '../records.js';
import { virtualSize, type ReadPart } from './virtual-size.js';

/** What images consist of: a folder each, with the bytes in a file, and of a snapshot the disk beside it. */
export class ImageFiles {
  constructor(private readonly folder: string) {}

  /** Removes everything but what those images consist of. */
  sweep(used: Set<string>): void {
    for (const id of readdirSync(this.folder)) {
      if (!used.has(id)) rmSync(path.join(this.folder, id), { recursive: true, force: true });
    }
  }

  /** Writes a few bytes as those of a raw image. */
  put(imageId: string, content: Buffer): ImageData {
    this.make(imageId);
    writeFileSync(this.file(imageId), content, { mode: 0o600 });
    const digest = (algorithm: string): string =>
      createHash(algorithm).update(content).digest('hex');
    return {
      bytes: content.length,
      md5: digest('md5'),
      sha512: digest('sha512'),
      virtualBytes: content.length,
    };
  }

  /** Writes a stream as the bytes of an image. When it fails or breaks off, nothing is left. */
  async write(image: ImageRecord, source: AsyncIterable<Buffer>): Promise<ImageData> {
    const imageId = image.id;
    const [md5, sha512] = [createHash('md5'), createHash('sha512')];
    let bytes = 0;
    this.make(imageId);
    const handle = await open(this.file(imageId), 'w+', 0o600);
    const readPart: ReadPart = async (position, length) => {
      if (position >= bytes) return Buffer.alloc(0);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    };
    try {
      for await (const chunk of source) {
        bytes += chunk.length;
        // Hashing needs this thread, writing another one.
        const written = handle.appendFile(chunk);
        md5.update(chunk);
        sha512.update(chunk);
        await written;
      }
      return {
        bytes,
        md5: md5.digest('hex'),
        sha512: sha512.digest('hex'),
        virtualBytes: await virtualSize(image, bytes, readPart),
      };
    } catch (error) {
      await this.remove(imageId);
      throw error;
    } finally {
      await handle.close();
    }
  }

  /** Streams bytes `start` to `end` (exclusive); the file is open when this returns. */
  read(imageId: string, start: number, end: number): Readable {
    return createReadStream('', {
      fd: openSync(this.file(imageId), 'r'),
      start,
      end: end - 1,
      highWaterMark: 256 * 1024,
    });
  }

  /** Downloads under way go on to their end. */
  async remove(imageId: string): Promise<void> {
    await rm(path.join(this.folder, imageId), { recursive: true, force: true, maxRetries: 3 });
  }

  /** Folder of what a snapshot's machine had written to its disk, where machines have disks. */
  disk(imageId: string): string {
    return path.join(this.folder, imageId, 'disk');
  }

  private make(imageId: string): void {
    mkdirSync(path.join(this.folder, imageId), { recursive: true, mode: 0o700 });
  }

  private file(imageId: string): string {
    return path.join(this.folder, imageId, 'data');
  }
}
