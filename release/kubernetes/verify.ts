import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser } from 'tar';
import type { ReadEntry } from 'tar';
import { inspectRelease, ReleaseFileError } from '../inspect.js';
import type { InspectedRelease } from '../inspect.js';
import { manifestSchema } from './manifest.js';
import type { KubernetesManifest } from './manifest.js';

/**
 * Checks a Kubernetes release whole: that it has installers, and that its files are those of its manifest, no more,
 * no less, none changed.
 *
 * @throws ReleaseFileError naming what is wrong
 */
export async function verifyRelease(
  file: string,
): Promise<InspectedRelease & { manifest: KubernetesManifest }> {
  const inspected = await inspectRelease(file);
  const { hashes, manifestText } = await hashEntries(file);
  const manifest = manifestSchema.safeParse(parseJson(manifestText));
  if (!manifest.success) {
    throw new ReleaseFileError(file, 'has no manifest.json of a Kubernetes release');
  }
  const { files } = manifest.data;
  const wrong = [
    ...Object.keys(files).flatMap((name) => {
      const hash = hashes.get(name);
      if (hash === undefined) return [`${name} is missing`];
      return hash === files[name] ? [] : [`${name} was changed`];
    }),
    ...[...hashes.keys()].filter((name) => !(name in files)).map((name) => `${name} was added`),
  ];
  if (wrong.length > 0)
    throw new ReleaseFileError(file, `is not as its manifest says: ${wrong.join('; ')}`);
  return { ...inspected, manifest: manifest.data };
}

async function hashEntries(
  file: string,
): Promise<{ hashes: Map<string, string>; manifestText: string }> {
  const hashes = new Map<string, string>();
  let manifestText = '';
  const parser = new Parser({
    gzip: false,
    onReadEntry: (entry: ReadEntry) => {
      if (entry.type !== 'File') {
        entry.resume();
        return;
      }
      const hash = createHash('sha256');
      const name = entry.path.replace(/^(\.\/+)+/, '');
      entry.on('data', (chunk: Buffer) => {
        hash.update(chunk);
        if (name === 'manifest.json') manifestText += chunk.toString();
      });
      entry.on('end', () => {
        if (name !== 'manifest.json') hashes.set(name, hash.digest('hex'));
      });
    },
  });
  await pipeline(
    createReadStream(file),
    createGunzip(),
    parser as unknown as NodeJS.WritableStream,
  );
  return { hashes, manifestText };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
