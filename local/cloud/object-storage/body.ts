import type { StorageRequest } from './request.js';

/** Reads a body that is to be understood as a whole, up to so many bytes; what is beyond is left. */
export async function readBody({ body }: StorageRequest, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString();
}

/** Whether a body is announced at all; without that its end is unknown. */
export function hasLength({ headers }: StorageRequest): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}
