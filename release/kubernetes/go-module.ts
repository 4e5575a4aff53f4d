import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packageFile } from '../../home/package-root.js';
import type { BuildContext } from './build-context.js';
import { ReleaseBuildError } from './build-error.js';
import { runCommand } from './command.js';

/** A module as the Go module proxy has it, checked against Go's checksum database, unpacked in the module cache. */
export interface GoModule {
  module: string;
  version: string;
  folder: string;
}

/** @throws ReleaseBuildError when Go is missing, or there is no such version */
export async function downloadModule(
  context: BuildContext,
  module: string,
  version: string,
): Promise<GoModule> {
  const output = await runCommand(
    context,
    'go',
    ['mod', 'download', '-json', `${module}@${version}`],
    { cwd: '/', env: { GOFLAGS: '-mod=mod', GOWORK: 'off' } },
  );
  const { Dir } = JSON.parse(output) as { Dir?: string };
  if (!Dir) throw new ReleaseBuildError(`${module}@${version} is not on the Go module proxy`);
  return { module, version, folder: Dir };
}

/** The version that a module's own go.mod asks for of another. */
export async function requiredVersion(of: GoModule, module: string): Promise<string> {
  const goMod = await readFile(path.join(of.folder, 'go.mod'), 'utf8');
  const version = new RegExp(`^\\s*(?:require )?${escape(module)} (v\\S+)`, 'm').exec(goMod)?.[1];
  if (!version) throw new ReleaseBuildError(`${of.module}@${of.version} does not need ${module}`);
  return version;
}

/**
 * Lays out a program of ours (`programs/<program>`) as a module whose dependencies are exactly those that `upstream`
 * is released and tested with: upstream's own go.mod and go.sum under another name, and upstream itself.
 *
 * Local replacements (`=> ./staging/…`, `=> ../api`) exist in upstream's repository only; each becomes the published
 * module of `replacementVersion`, or of the version that go.mod requires when that is omitted.
 */
export async function wrapModule(
  program: string,
  upstream: GoModule,
  folder: string,
  replacementVersion?: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const goMod = await readFile(path.join(upstream.folder, 'go.mod'), 'utf8');
  const wrapped = goMod
    .replace(/^module .*$/m, `module kubeup.local/${program}`)
    .replace(/^(\s*(?:replace )?)(\S+) => \.\.?\/.*$/gm, (_, start: string, module: string) =>
      replacementVersion === undefined
        ? ''
        : `${start}${module} => ${module} ${replacementVersion}`,
    );
  await writeFile(
    path.join(folder, 'go.mod'),
    `${wrapped}\nrequire ${upstream.module} ${upstream.version}\n`,
  );
  // Not copied with their modes: the module cache is read-only.
  await writeFile(
    path.join(folder, 'go.sum'),
    await readFile(path.join(upstream.folder, 'go.sum'), 'utf8'),
  );
  await copyFile(
    packageFile(`release/kubernetes/programs/${program}/main.go`),
    path.join(folder, 'main.go'),
  );
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
