import { mkdir, readFile, symlink, writeFile, copyFile } from 'node:fs/promises';
import path from 'node:path';
import { packageFile } from '../../home/package-root.js';
import { cached } from './build-context.js';
import type { BuildContext } from './build-context.js';
import { goBuild } from './go-build.js';
import type { Arch } from './go-build.js';
import { downloadModule, requiredVersion, wrapModule } from './go-module.js';
import type { GoModule } from './go-module.js';
import { seccompLibrary } from './seccomp-library.js';
import { companions, DEFAULT_KUBERNETES, KUBERNETES_BINARIES } from './versions.js';

/** One part of a release: where its files lie, by their place in the release, and what it was built from. */
export interface Component {
  version: string;
  /** `module@version`, or what the user gave. */
  source: string;
  folder: string;
}

interface Target {
  arch: Arch;
  /** The Go toolchain: part of every cache key. */
  go: string;
}

const etcdModule = 'go.etcd.io/etcd/server/v3';

/** Kubernetes and the etcd it was tested with, as one binary with a link for each name. */
export async function buildKubernetes(
  context: BuildContext,
  version: string,
  target: Target,
): Promise<{ kubernetes: Component; etcd: Component }> {
  const upstream = await downloadModule(context, 'k8s.io/kubernetes', version);
  const etcdVersion = await requiredVersion(upstream, etcdModule);
  const inputs = [version, target, await programText('hyperkube')];
  const folder = await cached(context, 'hyperkube', inputs, async (draft) => {
    const source = path.join(draft, '.source');
    const staging = version.replace(/^v1\./, 'v0.');
    await wrapModule('hyperkube', upstream, source, staging);
    await goBuild(context, {
      folder: source,
      packages: ['.'],
      out: path.join(draft, 'bin/hyperkube'),
      arch: target.arch,
      variables: kubernetesVersion(version),
      complete: true,
    });
    for (const name of [...KUBERNETES_BINARIES, 'etcd']) {
      await symlink('hyperkube', path.join(draft, 'bin', name));
    }
  });
  return {
    kubernetes: { version, source: `k8s.io/kubernetes@${version}`, folder },
    etcd: { version: etcdVersion, source: `${etcdModule}@${etcdVersion}`, folder },
  };
}

/** etcd alone, for Kubernetes binaries that were built elsewhere: of the version that the tested Kubernetes has. */
export async function buildEtcd(context: BuildContext, target: Target): Promise<Component> {
  const tested = await downloadModule(context, 'k8s.io/kubernetes', DEFAULT_KUBERNETES);
  const version = await requiredVersion(tested, etcdModule);
  const upstream = await downloadModule(context, etcdModule, version);
  return buildWrapped(context, 'etcd', upstream, 'bin/etcd', target);
}

export async function buildContainerd(context: BuildContext, target: Target): Promise<Component> {
  const { module, version } = companions.containerd;
  const upstream = await downloadModule(context, module, version);
  const folder = await cached(context, 'containerd', [version, target], (draft) =>
    goBuild(context, {
      folder: upstream.folder,
      packages: ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => `./cmd/${name}`),
      out: path.join(draft, 'bin'),
      arch: target.arch,
      // Snapshotters that a cloud image has no use for, and no C.
      tags: ['no_btrfs', 'no_zfs', 'no_devmapper', 'no_blockfile', 'netgo', 'osusergo'],
      variables: { [`${module}/version.Version`]: version },
    }),
  );
  return { version, source: `${module}@${version}`, folder };
}

/** The only part with C in it: runc sets up namespaces before Go starts, and filters system calls by libseccomp. */
export async function buildRunc(context: BuildContext, target: Target): Promise<Component> {
  const { module, version } = companions.runc;
  const upstream = await downloadModule(context, module, version);
  const folder = await cached(context, 'runc', [version, target], async (draft) =>
    goBuild(context, {
      folder: upstream.folder,
      packages: ['.'],
      out: path.join(draft, 'bin/runc'),
      arch: target.arch,
      tags: ['seccomp', 'netgo', 'osusergo'],
      c: { env: await seccompLibrary(context) },
    }),
  );
  return { version, source: `${module}@${version}`, folder };
}

/** The plugins that the minions' network configuration names. */
export async function buildCni(context: BuildContext, target: Target): Promise<Component> {
  const { module, version } = companions.cni;
  const upstream = await downloadModule(context, module, version);
  const plugins = ['main/bridge', 'main/loopback', 'ipam/host-local', 'meta/portmap'];
  const folder = await cached(context, 'cni', [version, target, plugins], (draft) =>
    goBuild(context, {
      folder: upstream.folder,
      packages: plugins.map((name) => `./plugins/${name}`),
      out: path.join(draft, 'cni'),
      arch: target.arch,
      variables: { [`${module}/pkg/utils/buildversion.BuildVersion`]: version },
    }),
  );
  return { version, source: `${module}@${version}`, folder };
}

/** CoreDNS, as one program for its image. */
export async function buildCoreDns(context: BuildContext, target: Target): Promise<Component> {
  const { module, version } = companions.coredns;
  const upstream = await downloadModule(context, module, version);
  return buildWrapped(context, 'coredns', upstream, 'coredns', target);
}

/** A program of ours around a module, with exactly that module's dependencies. */
async function buildWrapped(
  context: BuildContext,
  program: 'etcd' | 'coredns',
  upstream: GoModule,
  file: string,
  target: Target,
): Promise<Component> {
  const { module, version } = upstream;
  const inputs = [version, target, await programText(program)];
  const folder = await cached(context, program, inputs, async (draft) => {
    const source = path.join(draft, '.source');
    await wrapModule(program, upstream, source);
    const out = path.join(draft, file);
    await goBuild(context, {
      folder: source,
      packages: ['.'],
      out,
      arch: target.arch,
      complete: true,
    });
  });
  return { version, source: `${module}@${version}`, folder };
}

/** A program of ours that needs nothing but Go's standard library. */
export async function buildOwn(
  context: BuildContext,
  program: 'pause' | 'probe',
  target: Target,
): Promise<Component> {
  const inputs = [target, await programText(program)];
  const folder = await cached(context, program, inputs, async (draft) => {
    const source = path.join(draft, '.source');
    await mkdir(source);
    await writeFile(path.join(source, 'go.mod'), `module kubeup.local/${program}\n\ngo 1.24\n`);
    await copyFile(programFile(program), path.join(source, 'main.go'));
    const out = path.join(draft, program);
    await goBuild(context, { folder: source, packages: ['.'], out, arch: target.arch });
  });
  return { version: '1', source: `programs/${program}`, folder };
}

/** As Kubernetes' own build stamps it; without a date, which would make each build another. */
function kubernetesVersion(version: string): Record<string, string> {
  const [major = '', minor = ''] = version.slice(1).split('.');
  const stamp = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'archive' };
  return Object.fromEntries(
    ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((place) =>
      Object.entries(stamp).map(([name, value]) => [`${place}.${name}`, value]),
    ),
  );
}

function programText(program: string): Promise<string> {
  return readFile(programFile(program), 'utf8');
}

function programFile(program: string): string {
  return packageFile(`release/kubernetes/programs/${program}/main.go`);
}
