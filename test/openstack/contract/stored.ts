import { createHash } from 'node:crypto';
import type { Answer } from './answer.js';
import type { Cloud } from './cloud.js';

/** A container that is emptied and deleted when the case is over; returns its path. */
export async function makeContainer(
  cloud: Cloud,
  headers: Record<string, string> = {},
  name = cloud.name('box'),
): Promise<string> {
  const path = `/${name}`;
  cloud.undo(async () => {
    const list = await cloud.storage.get(`${path}?format=json`);
    if (list.status !== 200) return;
    for (const object of list.each('', 'name')) {
      await cloud.storage.delete(`${path}/${encodeURIComponent(String(object))}`);
    }
    await cloud.storage.delete(path);
  });
  (await cloud.storage.send('PUT', path, { headers })).is(201);
  return path;
}

/** Stores the object; returns its path. */
export async function store(
  cloud: Cloud,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<string> {
  (await cloud.storage.send('PUT', path, { body, headers })).is(201);
  return path;
}

/** A new container with one object in it; returns the object's path. */
export async function storeNew(
  cloud: Cloud,
  body: string | Buffer = 'content',
  headers: Record<string, string> = {},
): Promise<string> {
  return store(cloud, `${await makeContainer(cloud)}/object`, body, headers);
}

export function md5(content: string | Buffer): string {
  return createHash('md5').update(content).digest('hex');
}

/** The named headers of an answer, as an object. */
export function headersOf(answer: Answer, ...names: string[]): Record<string, string | null> {
  return Object.fromEntries(names.map((name) => [name, answer.header(name)]));
}
