import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { packageFile } from './package-file.js';
import { installPrograms } from './requirements.js';
import { runCommand } from './run-command.js';

const script = packageFile('linux/build-image.sh');

/** Where the image of machines lies in a cache; another recipe makes another image. */
export function imageFolder(cacheDir: string): string {
  const recipe = createHash('sha256').update(readFileSync(script)).digest('hex').slice(0, 12);
  return path.join(cacheDir, 'images', `debian-12-${recipe}`);
}

/**
 * The root file system that every machine begins with; built once, in a minute or two.
 * @throws Error with the builder's last words
 */
export async function ensureImage(cacheDir: string, log: (line: string) => void): Promise<string> {
  const folder = imageFolder(cacheDir);
  if (existsSync(folder)) return folder;
  const images = path.dirname(folder);
  await mkdir(images, { recursive: true });
  await installPrograms({ mmdebstrap: 'mmdebstrap' }, log);
  // What a builder that was killed has left.
  for (const name of await readdir(images)) {
    if (name.startsWith('.building-')) await rm(path.join(images, name), { recursive: true });
  }
  log(`building the image of machines, Debian 12, in ${folder}: once, a minute or two`);
  const draft = path.join(images, `.building-${randomUUID()}`);
  await runCommand('unshare', ['--mount', '--propagation', 'private', '--', script, draft]);
  try {
    await rename(draft, folder);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(folder)) throw error;
    await rm(draft, { recursive: true });
  }
  return folder;
}
