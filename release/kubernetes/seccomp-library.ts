import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './build-context.js';
import type { BuildContext } from './build-context.js';
import { ReleaseBuildError } from './build-error.js';
import { runCommand } from './command.js';

/**
 * How the C compiler finds libseccomp, which runc links statically: the one that is installed, else Debian's or
 * Ubuntu's development package, unpacked in the cache; nothing is installed.
 *
 * @throws ReleaseBuildError naming the package to install when there is neither
 */
export async function seccompLibrary(context: BuildContext): Promise<Record<string, string>> {
  const quiet = { ...context, log: () => undefined };
  const isInstalled = await runCommand(quiet, 'pkg-config', ['--exists', 'libseccomp']).then(
    () => true,
    () => false,
  );
  if (isInstalled) return {};
  context.signal?.throwIfAborted();
  try {
    const folder = await cached(context, 'libseccomp-dev', {}, async (draft) => {
      await runCommand(context, 'apt-get', ['download', '--quiet', 'libseccomp-dev'], {
        cwd: draft,
      });
      const [file = ''] = await readdir(draft);
      await runCommand(context, 'dpkg-deb', ['--extract', file, '.'], { cwd: draft });
    });
    const [triplet = ''] = await readdir(path.join(folder, 'usr/lib'));
    const library = path.join(folder, 'usr/lib', triplet);
    return {
      PKG_CONFIG_PATH: path.join(library, 'pkgconfig'),
      CGO_CFLAGS: `-O2 -I${path.join(folder, 'usr/include')}`,
      CGO_LDFLAGS: `-O2 -L${library}`,
    };
  } catch (cause) {
    context.signal?.throwIfAborted();
    throw new ReleaseBuildError(
      'runc needs libseccomp, its headers and static library: install gcc, pkg-config and libseccomp-dev ' +
        '(libseccomp-static where it is apart), then try again',
      { cause },
    );
  }
}
