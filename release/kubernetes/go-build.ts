import path from 'node:path';
import type { BuildContext } from './build-context.js';
import { ReleaseBuildError } from './build-error.js';
import { runCommand } from './command.js';

/** Architecture of a release, in Go's words. */
export type Arch = 'amd64' | 'arm64';

export interface GoBuild {
  /** Folder of the module. */
  folder: string;
  /** `.`, or import paths inside it. */
  packages: string[];
  /** File, or for several packages a folder. */
  out: string;
  arch: Arch;
  tags?: string[];
  /** `-X` settings: variable to value. */
  variables?: Record<string, string>;
  /** Link statically against C libraries found by pkg-config; without it no C is used. */
  c?: { env: Record<string, string> };
  /** Whether go.mod and go.sum may be completed: ours may, a module of the module cache not. */
  complete?: boolean;
}

/** The toolchain, as an input of the build cache. @throws ReleaseBuildError when there is none */
export async function goVersion(context: BuildContext): Promise<string> {
  try {
    return (await runCommand(context, 'go', ['env', 'GOVERSION'], { cwd: '/' })).trim();
  } catch (cause) {
    context.signal?.throwIfAborted();
    throw new ReleaseBuildError(
      'a release is built with Go, and there is none on the PATH: install Go 1.26 or newer, then try again',
      { cause },
    );
  }
}

/** Builds static, stripped programs that do not tell where or when they were built: the same bytes each time. */
export async function goBuild(context: BuildContext, build: GoBuild): Promise<void> {
  const { folder, packages, out, arch, tags = [], variables = {}, c, complete } = build;
  const linker = [
    '-s',
    '-w',
    // Else it names the builder's folders, by their hash.
    '-buildid=',
    ...(c ? ['-linkmode', 'external', '-extldflags', '-static'] : []),
    ...Object.entries(variables).flatMap(([name, value]) => ['-X', `${name}=${value}`]),
  ];
  await runCommand(
    context,
    'go',
    [
      'build',
      // Names each package as it is compiled: the live output of a build.
      '-v',
      '-trimpath',
      '-buildvcs=false',
      `-mod=${complete ? 'mod' : 'readonly'}`,
      ...(tags.length > 0 ? ['-tags', tags.join(',')] : []),
      '-ldflags',
      linker.join(' '),
      '-o',
      packages.length > 1 ? `${out}${path.sep}` : out,
      ...packages,
    ],
    {
      cwd: folder,
      env: { GOOS: 'linux', GOARCH: arch, GOWORK: 'off', CGO_ENABLED: c ? '1' : '0', ...c?.env },
    },
  );
}
