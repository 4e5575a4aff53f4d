import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { InvalidSpecError } from '../cluster/errors.js';
import { homePaths } from './paths.js';

const secretBytes = 32;

/**
 * The secret that every other one is derived from: `KUBEUP_ROOT_SECRET` (at least 32 bytes, in hex or
 * base64), else the file in the home, made on first use with mode 0600.
 *
 * Two processes that race for the first use get the same secret.
 *
 * @throws InvalidSpecError when the secret is malformed, or when others may read its file
 */
export async function loadRootSecret(env: NodeJS.ProcessEnv): Promise<Buffer> {
  if (env.KUBEUP_ROOT_SECRET) return decode(env.KUBEUP_ROOT_SECRET, 'KUBEUP_ROOT_SECRET');
  const file = homePaths(env).rootSecret;
  return (await read(file)) ?? (await make(file));
}

async function read(file: string): Promise<Buffer | undefined> {
  let mode: number;
  try {
    mode = (await stat(file)).mode & 0o777;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (mode & 0o077) {
    throw refused(
      file,
      `holds the root secret, but its mode is 0${mode.toString(8)}: others may have read it. ` +
        `If nobody did, type: chmod 600 '${file}'`,
    );
  }
  return decode(await readFile(file, 'utf8'), file);
}

/** A link, unlike a rename, never replaces: the first process wins and the others read what it wrote. */
async function make(file: string): Promise<Buffer> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(secretBytes).toString('hex')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const secret = await read(file);
  if (!secret) throw new Error(`${file} vanished while it was being made`);
  return secret;
}

function decode(text: string, field: string): Buffer {
  const trimmed = text.trim();
  const hex = /^(?:[0-9a-f]{2})+$/i.test(trimmed);
  const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/.test(trimmed);
  const secret = hex ? Buffer.from(trimmed, 'hex') : Buffer.from(base64 ? trimmed : '', 'base64');
  if (secret.length < secretBytes) {
    throw refused(field, `must be at least ${secretBytes} random bytes in hex or base64`);
  }
  return secret;
}

/** The value itself is never shown. */
function refused(field: string, message: string): InvalidSpecError {
  return new InvalidSpecError([{ field, value: undefined, message }]);
}
