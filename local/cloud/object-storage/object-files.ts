import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, openSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';

/** Bytes that were written and that no record names yet. */
export interface StoredBytes {
  /** Null for no bytes at all: they need no file. */
  file: string | null;
  bytes: number;
  md5: string;
}

/** More came than is allowed. */
export class TooManyBytes extends Error {
  override readonly name = 'TooManyBytes';
}

/**
 * The bytes of objects, one file each, never changed once written. A file belongs to the one record
 * that names it; what a killed process leaves without a record is swept at the next start.
 */
export class ObjectFiles {
  constructor(private readonly folder: string) {}

  /** Removes every file but those. */
  sweep(used: Set<string>): void {
    for (const file of readdirSync(this.folder)) {
      if (!used.has(file)) unlinkSync(this.path(file));
    }
  }

  /**
   * Writes a stream to a new file. When it fails or breaks off, nothing is left.
   * @throws {TooManyBytes} after `limit` bytes
   */
  async write(source: AsyncIterable<Buffer>, limit: number): Promise<StoredBytes> {
    const md5 = createHash('md5');
    let bytes = 0;
    let file: string | null = null;
    let handle: FileHandle | undefined;
    try {
      for await (const chunk of source) {
        bytes += chunk.length;
        if (bytes > limit) throw new TooManyBytes();
        file ??= randomUUID();
        handle ??= await open(this.path(file), 'wx', 0o600);
        // Hashing needs this thread, writing another one.
        const written = handle.appendFile(chunk);
        md5.update(chunk);
        await written;
      }
    } catch (error) {
      await this.remove(file);
      throw error;
    } finally {
      await handle?.close();
    }
    return { file, bytes, md5: md5.digest('hex') };
  }

  /** Streams bytes `start` to `end` (exclusive); the file is open when this returns. */
  read(file: string, start: number, end: number): Readable {
    return createReadStream('', {
      fd: openSync(this.path(file), 'r'),
      start,
      end: end - 1,
      highWaterMark: 256 * 1024,
    });
  }

  /** A whole file, for the small ones: manifests. */
  readText(file: string): string {
    return readFileSync(this.path(file), 'utf8');
  }

  /** Downloads under way go on to their end. */
  async remove(file: string | null): Promise<void> {
    if (file !== null) await rm(this.path(file), { force: true });
  }

  private path(file: string): string {
    return path.join(this.folder, file);
  }
}
