import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import { Parser } from 'tar';

/** The release's own installers, at the root of the tarball; each machine runs the one of its role. */
export const INSTALLERS = { master: 'install-master', minion: 'install-minion' } as const;

/** What a release tarball turned out to hold. */
export interface ReleaseContents {
  /** Why it cannot be unpacked, in the start scripts' words; `undefined` when it can. */
  problem?: 'not a gzip tar';
  /** Those of {@link INSTALLERS} that are there and executable. */
  installers: string[];
  /** Text of `manifest.json`; empty when there is none. */
  manifest: string;
}

/** Longer ones are not kept: a release is read in constant memory. */
const maxManifestBytes = 1 << 20;

/**
 * Lists a release while it streams by, in constant memory. The source is read to its end even when the archive
 * turns out bad, so that the caller can still count and hash all of it; only the source's own failure rejects.
 */
export async function listRelease(source: AsyncIterable<Buffer>): Promise<ReleaseContents> {
  const executable = new Map<string, boolean>();
  // Written by callbacks, which the compiler does not follow: hence not the literal type.
  let broken = false as boolean;
  let manifest = '';
  const parser = new Parser({
    // Gunzipped before: left to itself the parser would take plain tar as well, which the machines do not.
    gzip: false,
    onReadEntry: (entry) => {
      const name = entry.path.replace(/^(\.\/+)+/, '');
      const runs = entry.type === 'SymbolicLink' || ((entry.mode ?? 0) & 0o111) !== 0;
      if (entry.type !== 'Directory') executable.set(name, runs);
      if (name === 'manifest.json' && entry.size <= maxManifestBytes) {
        entry.on('data', (chunk: Buffer) => {
          manifest += chunk.toString();
        });
      }
      entry.resume();
    },
    onwarn: (code, message) => {
      if (code === 'TAR_BAD_ARCHIVE' || code === 'TAR_ABORT' || message === 'checksum failure') {
        broken = true;
      }
    },
  });
  const gunzip = createGunzip();
  const listed = (async (): Promise<void> => {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      if (broken) break;
      if (!parser.write(chunk)) await once(parser, 'drain');
    }
    parser.end();
  })().catch(() => {
    broken = true;
  });

  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (broken || gunzip.destroyed) continue;
    // A gunzip that fails emits no drain; its close frees us.
    if (!gunzip.write(chunk))
      await Promise.race([once(gunzip, 'drain'), listed]).catch(() => undefined);
  }
  if (!gunzip.destroyed) gunzip.end();
  await listed;
  if (broken || bytes === 0) {
    return { problem: 'not a gzip tar', installers: [], manifest: '' };
  }
  return { installers: Object.values(INSTALLERS).filter((name) => executable.get(name)), manifest };
}
