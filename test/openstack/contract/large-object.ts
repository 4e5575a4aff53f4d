import assert from 'node:assert/strict';
import type { Answer } from './answer.js';
import type { Cloud } from './cloud.js';
import { makeContainer, md5, store } from './stored.js';

export interface Part {
  path: string;
  etag?: string | null;
  size_bytes?: number | null;
}

export const PARTS = ['first-', 'second-', 'third'];
export const WHOLE = PARTS.join('');
export const ETAG = md5(PARTS.map(md5).join(''));

/** A container with the segments stored in it, and the manifest's entries for them. */
export async function segments(
  cloud: Cloud,
  contents = PARTS,
): Promise<{ box: string; parts: Part[] }> {
  const box = await makeContainer(cloud);
  const parts: Part[] = [];
  for (const [index, content] of contents.entries()) {
    const path = await store(cloud, `${box}/segments/${index}`, content);
    parts.push({ path, etag: md5(content), size_bytes: content.length });
  }
  return { box, parts };
}

export function putManifest(
  cloud: Cloud,
  path: string,
  manifest: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  return cloud.storage.send('PUT', `${path}?multipart-manifest=put`, { body, headers });
}

/** A large object of the three parts; returns its path. */
export async function large(cloud: Cloud): Promise<{ path: string; box: string; parts: Part[] }> {
  const { box, parts } = await segments(cloud);
  const path = `${box}/large`;
  (await putManifest(cloud, path, parts, { 'content-type': 'text/x-large' })).is(201);
  return { path, box, parts };
}

/** What a refused manifest's plain answer says of each segment. */
export function errorsOf(answer: Answer): string[] {
  const begin = answer.lines.indexOf('Errors:');
  assert.notEqual(begin, -1, answer.text);
  return answer.lines.slice(begin + 1);
}
