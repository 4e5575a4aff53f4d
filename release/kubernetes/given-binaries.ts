import { execFile } from 'node:child_process';
import { open, mkdir, readdir, realpath, stat, symlink, copyFile, chmod } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { extract } from 'tar';
import { ReleaseBuildError } from './build-error.js';
import type { BuildContext } from './build-context.js';
import type { Component } from './components.js';
import type { Arch } from './go-build.js';
import { KUBERNETES_BINARIES } from './versions.js';

/** Kubernetes as the user has it already. */
export interface GivenKubernetes {
  kubernetes: Component;
  /** When it is among them. */
  etcd?: Component;
  arch: Arch;
}

/**
 * Takes the Kubernetes binaries out of an official `kubernetes-server-linux-<arch>.tar.gz`, or out of a folder that
 * holds them (one's own build), into `folder/bin`. Names that are links to one file stay so.
 *
 * @throws ReleaseBuildError when something is missing, or made for another system
 */
export async function takeGivenBinaries(
  context: BuildContext,
  from: string,
  folder: string,
): Promise<GivenKubernetes> {
  const found = await stat(from).catch(() => undefined);
  if (!found) throw new ReleaseBuildError(`--from ${from}: there is no such file or folder`);
  let source = from;
  if (found.isFile()) {
    source = path.join(folder, 'unpacked');
    await mkdir(source, { recursive: true });
    context.log(`unpacking ${from}`);
    await extract({
      file: from,
      cwd: source,
      strip: 3,
      filter: (entry) => /^kubernetes\/server\/bin\/[a-z-]+$/.test(entry),
    }).catch((cause: unknown) => {
      throw new ReleaseBuildError(`--from ${from}: not a gzip tar`, { cause });
    });
  }
  const names = new Set(await readdir(source));
  const missing = KUBERNETES_BINARIES.filter((name) => !names.has(name));
  if (missing.length > 0) {
    throw new ReleaseBuildError(`--from ${from}: lacks ${missing.join(', ')}`);
  }
  const arch = await archOf(path.join(source, 'kubelet'));
  const hasEtcd = names.has('etcd');
  const bin = path.join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  for (const name of [...KUBERNETES_BINARIES, ...(hasEtcd ? ['etcd'] : [])]) {
    await take(source, name, bin);
  }
  const given = async (program: 'kubelet' | 'etcd'): Promise<Component> => ({
    version: await versionOf(bin, program, from),
    source: `given: ${path.basename(from)}`,
    folder,
  });
  return {
    kubernetes: await given('kubelet'),
    etcd: hasEtcd ? await given('etcd') : undefined,
    arch,
  };
}

/** Architecture of an ELF executable. @throws ReleaseBuildError when it is none for Linux here */
export async function archOf(file: string): Promise<Arch> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(20), 0, 20, 0);
    // e_machine, at offset 18: elf(5).
    const machine = buffer.toString('latin1', 0, 4) === '\x7fELF' ? buffer.readUInt16LE(18) : 0;
    if (machine === 0x3e) return 'amd64';
    if (machine === 0xb7) return 'arm64';
  } finally {
    await handle.close();
  }
  throw new ReleaseBuildError(`${file} is no Linux program for amd64 or arm64`);
}

async function take(source: string, name: string, bin: string): Promise<void> {
  const real = await realpath(path.join(source, name));
  const file = path.join(bin, path.basename(real));
  if (!(await stat(file).catch(() => undefined))) {
    await copyFile(real, file);
    await chmod(file, 0o755);
  }
  if (path.basename(real) !== name) await symlink(path.basename(real), path.join(bin, name));
}

/** Asked of the program itself; a folder tells no version. */
async function versionOf(bin: string, program: 'kubelet' | 'etcd', from: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(path.join(bin, program), ['--version']);
    const version = /^(?:Kubernetes |etcd Version: )v?(\S+)/.exec(stdout)?.[1];
    if (version) return `v${version}`;
  } catch (cause) {
    throw new ReleaseBuildError(
      `--from ${from}: its ${program} does not run here, so its version cannot be told`,
      { cause },
    );
  }
  throw new ReleaseBuildError(`--from ${from}: its ${program} does not tell its version`);
}
