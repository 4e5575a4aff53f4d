import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  chmod,
  copyFile,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { create } from 'tar';
import { packageFile } from '../../home/package-root.js';
import type { ReleaseRequest } from '../../cluster/release-request.js';
import { inspectRelease } from '../inspect.js';
import type { InspectedRelease } from '../inspect.js';
import { cached, clearAbandoned } from './build-context.js';
import type { BuildContext } from './build-context.js';
import { ReleaseBuildError } from './build-error.js';
import {
  buildCni,
  buildContainerd,
  buildCoreDns,
  buildEtcd,
  buildKubernetes,
  buildOwn,
  buildRunc,
} from './components.js';
import type { Component } from './components.js';
import { takeGivenBinaries } from './given-binaries.js';
import { goVersion } from './go-build.js';
import type { Arch } from './go-build.js';
import { reproducibleTar, writeImageArchive } from './image-archive.js';
import type { KubernetesManifest } from './manifest.js';
import { DEFAULT_KUBERNETES, images } from './versions.js';

export interface BuiltRelease extends InspectedRelease {
  file: string;
}

/** Fast, and within a few percent of the best: programs compress alike at any level. */
const gzip = { level: 5 } as const;

/**
 * Builds a Kubernetes release: Kubernetes and etcd, containerd, runc, the CNI plugins, the images of CoreDNS, pause
 * and probe, and the installers. Everything a machine needs is in it, so that a machine needs neither a registry nor
 * its distribution's packages. The same input gives the same bytes; what was built before is taken from the cache.
 *
 * @throws ReleaseBuildError
 */
export async function buildRelease(
  context: BuildContext,
  request: ReleaseRequest,
  file: string,
): Promise<BuiltRelease> {
  const { kubernetes = DEFAULT_KUBERNETES, from } = request;
  if (!/^v1\.\d+\.\d+(-[a-z]+\.\d+)?$/.test(kubernetes)) {
    throw new ReleaseBuildError(`--kubernetes ${kubernetes}: must be a version such as v1.37.2`);
  }
  await mkdir(context.cache, { recursive: true });
  await clearAbandoned(context);
  const stage = await mkdtemp(path.join(context.cache, 'stage-'));
  try {
    const { parts, arch } = await buildParts(context, kubernetes, from, path.join(stage, 'given'));
    const folder = path.join(stage, 'release');
    await fill(folder, parts, arch);
    const manifest = await writeManifest(folder, parts, arch);
    const packed = await cached(context, 'release', [manifest, gzip], (draft) =>
      pack(folder, path.join(draft, 'master-release.tar.gz')),
    );
    // Never half-written under its name: a bring-up may be about to read it.
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    const draft = `${file}.${randomUUID()}`;
    try {
      await copyFile(path.join(packed, 'master-release.tar.gz'), draft);
      await rename(draft, file);
    } finally {
      await rm(draft, { force: true });
    }
    return { file, ...(await inspectRelease(file, { signal: context.signal })) };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

type Parts = Record<
  'kubernetes' | 'etcd' | 'containerd' | 'runc' | 'cni' | 'coredns' | 'pause' | 'probe',
  Component
>;

/** One after the other: each build uses every core, and memory for them all at once would be much. */
async function buildParts(
  context: BuildContext,
  version: string,
  from: string | undefined,
  givenFolder: string,
): Promise<{ parts: Parts; arch: Arch }> {
  const go = await goVersion(context);
  const given =
    from === undefined ? undefined : await takeGivenBinaries(context, from, givenFolder);
  const arch = given?.arch ?? (process.arch === 'arm64' ? 'arm64' : 'amd64');
  const target = { arch, go };
  const main = given
    ? {
        kubernetes: given.kubernetes,
        etcd: given.etcd ?? (await buildEtcd(context, target)),
      }
    : await buildKubernetes(context, version, target);
  return {
    arch,
    parts: {
      ...main,
      containerd: await buildContainerd(context, target),
      runc: await buildRunc(context, target),
      cni: await buildCni(context, target),
      coredns: await buildCoreDns(context, target),
      pause: await buildOwn(context, 'pause', target),
      probe: await buildOwn(context, 'probe', target),
    },
  };
}

async function fill(folder: string, parts: Parts, arch: Arch): Promise<void> {
  await cp(packageFile('release/kubernetes/files'), folder, { recursive: true });
  for (const name of ['kubernetes', 'etcd', 'containerd', 'runc'] as const) {
    await cp(path.join(parts[name].folder, 'bin'), path.join(folder, 'bin'), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  await cp(path.join(parts.cni.folder, 'cni'), path.join(folder, 'cni'), { recursive: true });
  await mkdir(path.join(folder, 'images'));
  for (const name of ['pause', 'coredns', 'probe'] as const) {
    await writeImageArchive(path.join(folder, `images/${name}.tar`), {
      name: images[name],
      program: path.join(parts[name].folder, name),
      // CoreDNS listens at port 53.
      user: name === 'coredns' ? '0:0' : '65535:65535',
      arch,
    });
  }
}

async function writeManifest(
  folder: string,
  parts: Parts,
  arch: Arch,
): Promise<KubernetesManifest> {
  const files: Record<string, string> = {};
  for (const name of await allNames(folder)) {
    if ((await lstat(path.join(folder, name))).isSymbolicLink()) continue;
    // Not as the sources or the umask have them.
    const runs = !/^(images|units|addons)\//.test(name) && !name.endsWith('.sh');
    await chmod(path.join(folder, name), runs ? 0o755 : 0o644);
    files[name] = await sha256Of(path.join(folder, name));
  }
  const components = Object.fromEntries(
    Object.entries(parts).map(([name, { version, source }]) => [name, { version, source }]),
  );
  const manifest: KubernetesManifest = {
    name: 'kubernetes',
    version: parts.kubernetes.version,
    arch,
    components,
    images: Object.fromEntries(
      Object.entries(images).map(([name, image]) => [image, `images/${name}.tar`]),
    ),
    files,
  };
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
  await writeFile(path.join(folder, 'manifest.json'), text);
  await chmod(path.join(folder, 'manifest.json'), 0o644);
  return manifest;
}

/** The manifest first, so that a reader need not unpack everything to know what it has. */
async function pack(folder: string, file: string): Promise<void> {
  const names = (await allNames(folder)).filter((name) => name !== 'manifest.json');
  await create({ ...reproducibleTar, file, cwd: folder, gzip }, ['manifest.json', ...names]);
}

/** Files and links, sorted. */
async function allNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    if (!(await lstat(path.join(folder, name))).isDirectory()) names.push(name);
  }
  return names.sort();
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
