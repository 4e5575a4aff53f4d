import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { INSTALLERS, listRelease } from '../boot/release-archive.js';
import { manifestSchema } from './kubernetes/manifest.js';

/** A release file that no machine could install. Has the fields of a `Problem` of the spec. */
export class ReleaseFileError extends Error {
  readonly field = 'release';
  /** The path as it was given. */
  readonly value: string;

  constructor(value: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ReleaseFileError';
    this.value = value;
  }
}

export interface InspectedRelease {
  /** Lower-case hex. */
  sha256: string;
  bytes: number;
  /** Version of Kubernetes that it installs, e.g. `v1.37.2`; none when its manifest names none. */
  kubernetes?: string;
}

/**
 * Reads a release file once, in constant memory: its hash and size, and whether machines could install it.
 *
 * @throws ReleaseFileError when it is missing, not a file, empty, no gzip tar, or lacks an installer
 */
export async function inspectRelease(
  file: string,
  options: { signal?: AbortSignal } = {},
): Promise<InspectedRelease> {
  await refuseWhatIsNoFile(file);
  const hash = createHash('sha256');
  let bytes = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    const stream = createReadStream(file, { highWaterMark: 1 << 20, signal: options.signal });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  const contents = await listRelease(counted());
  if (contents.problem !== undefined) {
    throw new ReleaseFileError(
      file,
      `must be a gzip tar (.tar.gz), whole; this is ${contents.problem}`,
    );
  }
  const missing = Object.values(INSTALLERS).filter((name) => !contents.installers.includes(name));
  if (missing.length > 0) {
    throw new ReleaseFileError(
      file,
      `must hold executable ${Object.values(INSTALLERS).join(' and ')} at its root; ` +
        `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not there`,
    );
  }
  const kubernetes = kubernetesIn(contents.manifest);
  return { sha256: hash.digest('hex'), bytes, ...(kubernetes !== undefined && { kubernetes }) };
}

/** A release of one's own may have any manifest, or none. */
function kubernetesIn(manifest: string): string | undefined {
  try {
    const read = manifestSchema.safeParse(JSON.parse(manifest));
    return read.success ? read.data.version : undefined;
  } catch {
    return undefined;
  }
}

async function refuseWhatIsNoFile(file: string): Promise<void> {
  const found = await stat(file).catch((cause: unknown) => {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ReleaseFileError(
      file,
      missing
        ? 'must be the path of a release tarball; there is no such file'
        : `must be a readable file: ${(cause as Error).message}`,
      { cause },
    );
  });
  if (!found.isFile()) throw new ReleaseFileError(file, 'must be a file');
  if (found.size === 0)
    throw new ReleaseFileError(file, 'must be a release tarball; the file is empty');
}
