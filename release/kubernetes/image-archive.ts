import { createHash } from 'node:crypto';
import { copyFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { create } from 'tar';
import type { Arch } from './go-build.js';

/** Leaves out owners and times: the same content gives the same bytes. */
export const reproducibleTar = { portable: true, mtime: new Date(0), jobs: 1 } as const;

/**
 * Writes an image of one static program as a docker archive, which `ctr images import` takes: no registry is needed,
 * neither here nor on the machines.
 */
export async function writeImageArchive(
  file: string,
  image: { name: string; program: string; user: string; arch: Arch },
): Promise<void> {
  const folder = await mkdtemp(`${file}.`);
  try {
    const name = path.basename(image.program);
    await copyFile(image.program, path.join(folder, name));
    await chmod(path.join(folder, name), 0o755);
    const layer = path.join(folder, 'layer.tar');
    await create({ ...reproducibleTar, file: layer, cwd: folder }, [name]);
    const diffId = `sha256:${sha256(await readFile(layer))}`;
    const config = JSON.stringify({
      architecture: image.arch,
      os: 'linux',
      config: { Entrypoint: [`/${name}`], User: image.user, WorkingDir: '/' },
      rootfs: { type: 'layers', diff_ids: [diffId] },
      history: [{ created: '1970-01-01T00:00:00Z' }],
    });
    const configName = `${sha256(config)}.json`;
    const manifest = [{ Config: configName, RepoTags: [image.name], Layers: ['layer.tar'] }];
    await writeFile(path.join(folder, configName), config, { mode: 0o644 });
    await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest), { mode: 0o644 });
    await chmod(layer, 0o644);
    await create({ ...reproducibleTar, file, cwd: folder }, [
      configName,
      'layer.tar',
      'manifest.json',
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}
