import path from 'node:path';
import type { Command } from 'commander';
import { releaseCache } from '../../home/paths.js';
import { buildRelease } from '../../release/kubernetes/build.js';
import { ReleaseBuildError } from '../../release/kubernetes/build-error.js';
import { verifyRelease } from '../../release/kubernetes/verify.js';
import { DEFAULT_KUBERNETES } from '../../release/kubernetes/versions.js';
import { ReleaseFileError } from '../../release/inspect.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { print, printJson, say } from '../terminal.js';
import { addJsonFlag } from './options.js';

export function addRelease(program: Command, done: (code: ExitCode) => void): void {
  const release = program
    .command('release')
    .description('build and check what the machines install: master-release.tar.gz');

  const build = release
    .command('build')
    .description('build Kubernetes and all that its machines need, from source')
    .option('--kubernetes <version>', `version to build (default: ${DEFAULT_KUBERNETES})`)
    .option(
      '--from <path>',
      'take Kubernetes from an official server tarball, or a folder of binaries',
    )
    .option('--out <file>', 'where the release goes', 'master-release.tar.gz')
    .addHelpText(
      'after',
      `
Needs Go 1.26 or newer, and gcc for runc. What was built before is taken from the cache; the same input gives
the same sha256.

Examples:
  kubeup release build                            Kubernetes ${DEFAULT_KUBERNETES}
  kubeup release build --kubernetes v1.36.3       another version
  kubeup release build --from _output/bin         binaries of your own
  kubeup up --release master-release.tar.gz       bring a cluster up with it`,
    );
  addJsonFlag(build).action(async () => {
    done(await buildCommand(build.opts<BuildOptions>()));
  });

  const verify = release
    .command('verify <file>')
    .description('check every file of a release against its manifest');
  addJsonFlag(verify).action(async (file: string) => {
    done(await verifyCommand(file, verify.opts<{ json?: boolean }>()));
  });
}

interface BuildOptions {
  kubernetes?: string;
  from?: string;
  out: string;
  json?: boolean;
}

/** By each of them the compiler is ended too. */
const stopSignals = ['SIGINT', 'SIGTERM'] as const;

async function buildCommand(options: BuildOptions): Promise<ExitCode> {
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort(new ReleaseBuildError('stopped; what was finished is kept for the next build'));
  };
  for (const signal of stopSignals) process.once(signal, stop);
  try {
    const built = await buildRelease(
      {
        cache: releaseCache(process.env),
        log: say,
        signal: abort.signal,
      },
      options,
      path.resolve(options.out),
    );
    if (options.json) printJson(built);
    else print(`${built.file}: ${built.bytes} bytes, sha256 ${built.sha256}`);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof ReleaseBuildError)) throw error;
    say(error.message);
    if (options.json) printJson({ error: { message: error.message } });
    return exitCodes.failed;
  } finally {
    for (const signal of stopSignals) process.off(signal, stop);
  }
}

async function verifyCommand(file: string, options: { json?: boolean }): Promise<ExitCode> {
  try {
    const { manifest, sha256, bytes } = await verifyRelease(file);
    if (options.json) {
      printJson({ file, sha256, bytes, manifest });
      return exitCodes.done;
    }
    print(`${file}: Kubernetes ${manifest.version} for linux-${manifest.arch}, sha256 ${sha256}`);
    for (const [name, { version, source }] of Object.entries(manifest.components)) {
      print(`  ${name} ${version} (${source})`);
    }
    print(`  ${Object.keys(manifest.files).length} files, each as the manifest says`);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof ReleaseFileError)) throw error;
    say(`${file}: ${error.message}`);
    if (options.json) printJson({ error: { message: error.message } });
    return exitCodes.failed;
  }
}
