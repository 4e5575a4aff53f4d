import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** What every part of a build is given. */
export interface BuildContext {
  /** Folder of what was built before; may be shared by several builds at once. */
  cache: string;
  /** Told what goes on, a line at a time. */
  log: (line: string) => void;
  /** Ends the build; what is finished stays in the cache, and the Go compiler's own cache keeps the rest. */
  signal?: AbortSignal;
}

/**
 * The folder that `make` filled once for these inputs: found when it was made before, whole or not at all, for it is
 * renamed into place last.
 *
 * @param inputs everything that the result depends on, as JSON
 */
export async function cached(
  context: BuildContext,
  name: string,
  inputs: unknown,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
  const folder = path.join(context.cache, `${name}-${key}`);
  if (await exists(folder)) {
    context.log(`${name}: built before`);
    return folder;
  }
  const draft = `${folder}.${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  try {
    const began = Date.now();
    await make(draft);
    await rename(draft, folder).catch(async (error: unknown) => {
      // Another build was faster; its result is as good.
      if (!(await exists(folder))) throw error;
    });
    context.log(`${name}: built in ${Math.round((Date.now() - began) / 1000)} s`);
    return folder;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const dayMs = 24 * 3600 * 1000;

/** Removes what builds that were killed have left half-made, once nobody can be at work on it any more. */
export async function clearAbandoned({ cache }: BuildContext): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!/^stage-|\.[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name)) continue;
    const folder = path.join(cache, name);
    const made = await stat(folder).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > dayMs)
      await rm(folder, { recursive: true, force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
