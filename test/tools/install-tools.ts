import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { homePaths } from '../../home/paths.js';

const run = promisify(execFile);

/** What the users of an OpenStack have on their machines. */
const packages = [
  'python-openstackclient==10.5.0',
  'python-novaclient==18.13.1',
  'python-swiftclient==4.11.0',
  'python-keystoneclient==6.0.0',
  'openstacksdk==4.22.0',
];

/** The tools, as a way to run them. */
export interface Tools {
  /** A program of theirs, or `python`, with this environment alone; returns its output. */
  run: (program: string, args: string[], env: Record<string, string>) => Promise<string>;
}

/** Installs the tools with pip into the cache of downloads, once. */
export async function installTools(): Promise<Tools> {
  const { cache } = homePaths(process.env);
  const key = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 12);
  const folder = path.join(cache, `openstack-tools-${key}`);
  if (!existsSync(folder)) {
    process.stderr.write(`installing ${packages.join(', ')} into ${folder} (once)\n`);
    await mkdir(cache, { recursive: true });
    const draft = await mkdtemp(path.join(cache, '.openstack-tools-'));
    try {
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
      await run('python3', [...pip, '--target', draft, ...packages]);
      // Whoever was faster has the same.
      await rename(draft, folder).catch((error: unknown) => {
        if (!existsSync(folder)) throw error;
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  return {
    run: async (program, args, env) => {
      const command = program === 'python' ? [] : [path.join(folder, 'bin', program)];
      const { stdout } = await run('python3', [...command, ...args], {
        env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', PYTHONPATH: folder, ...env },
        maxBuffer: 16 * 1024 * 1024,
        timeout: 120_000,
      });
      return stdout;
    },
  };
}
