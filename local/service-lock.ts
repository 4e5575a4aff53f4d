import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import lockfile from 'proper-lockfile';
import type { HomePaths } from '../home/paths.js';

/**
 * Runs the work while no other process of this home starts or stops the same service.
 * The lock of a killed process is taken over after ten seconds.
 */
export async function withServiceLock<T>(
  home: HomePaths,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(home.services, { recursive: true, mode: 0o700 });
  const release = await lockfile.lock(path.join(home.services, name), {
    realpath: false,
    stale: 10_000,
    retries: { retries: 1200, minTimeout: 50, maxTimeout: 250 },
  });
  try {
    return await work();
  } finally {
    await release();
  }
}
