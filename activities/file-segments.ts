import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** One piece of a file: where it lies, and the MD5 (hex) that object storage knows it by. */
export interface FileSegment {
  start: number;
  bytes: number;
  md5: string;
}

const mebibyte = 1024 * 1024;
/** Each but the last must have 1 MB or more, at Rackspace. */
const usualSegmentBytes = 16 * mebibyte;

/**
 * A function of the size and of what the cloud allows, so that an interrupted upload is cut the same way when it goes on.
 * @param maxSegments how many segments a static large object may have
 */
export function segmentBytesFor(fileBytes: number, maxSegments: number): number {
  const least = Math.ceil(fileBytes / maxSegments / mebibyte) * mebibyte;
  return Math.max(usualSegmentBytes, least);
}

/** Reads the file once, in constant memory: its SHA-256 and the MD5 of each segment. */
export async function digestFile(
  file: string,
  segmentBytes: number,
): Promise<{ sha256: string; bytes: number; segments: FileSegment[] }> {
  const whole = createHash('sha256');
  const segments: FileSegment[] = [];
  let piece = createHash('md5');
  let filled = 0;
  let bytes = 0;
  const close = (): void => {
    segments.push({ start: bytes - filled, bytes: filled, md5: piece.digest('hex') });
    piece = createHash('md5');
    filled = 0;
  };
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    whole.update(chunk);
    for (let rest = chunk; rest.length > 0;) {
      const part = rest.subarray(0, segmentBytes - filled);
      piece.update(part);
      filled += part.length;
      bytes += part.length;
      rest = rest.subarray(part.length);
      if (filled === segmentBytes) close();
    }
  }
  if (filled > 0) close();
  return { sha256: whole.digest('hex'), bytes, segments };
}
