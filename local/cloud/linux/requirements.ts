import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Cgroups } from './cgroups.js';
import { runCommand } from './run-command.js';

/** Programs that machines need on the host, each with the Debian package that has it. */
const PROGRAMS = {
  'systemd-nspawn': 'systemd-container',
  nft: 'nftables',
  ip: 'iproute2',
  sysctl: 'procps',
  nsenter: 'util-linux',
} as const;

/** Thrown when this host can have no real machines, with the reason for people. */
export class HostUnfit extends Error {
  constructor(reason: string) {
    super(`no real machines on this host: ${reason}. Simulated ones run anywhere`);
    this.name = 'HostUnfit';
  }
}

/** @throws HostUnfit */
export function checkHost(): void {
  if (process.platform !== 'linux') throw new HostUnfit(`it runs ${process.platform}, not Linux`);
  if (process.geteuid?.() !== 0) {
    throw new HostUnfit('they need root, for namespaces, bridges and an overlay file system');
  }
  if (new Cgroups('').unifiedMount === '') throw new HostUnfit('no cgroup2 is mounted');
  if (missing(Object.keys(PROGRAMS)).length > 0) {
    throw new HostUnfit(`there is no ${missing(Object.keys(PROGRAMS)).join(', no ')} on the PATH`);
  }
}

/** Installs by apt those of these programs that are missing, by the names of their packages. */
export async function installPrograms(
  programs: Record<string, string>,
  log: (line: string) => void,
): Promise<void> {
  const packages = missing(Object.keys(programs)).map((program) => programs[program] ?? program);
  if (packages.length === 0 || missing(['apt-get']).length > 0) return;
  log(`installing ${packages.join(', ')}`);
  const wait = ['-o', 'DPkg::Lock::Timeout=900'];
  const install = [...wait, 'install', '--yes', '--quiet', '--no-install-recommends', ...packages];
  try {
    await runCommand('apt-get', install);
  } catch {
    // Package lists may be old, or not there at all.
    await runCommand('apt-get', [...wait, 'update', '--quiet']);
    await runCommand('apt-get', install);
  }
}

/** Installs what machines need on this host, where apt can. @throws HostUnfit */
export async function prepareHost(log: (line: string) => void): Promise<void> {
  if (process.platform === 'linux' && process.geteuid?.() === 0)
    await installPrograms(PROGRAMS, log);
  checkHost();
}

function missing(programs: string[]): string[] {
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(
    delimiter,
  );
  return programs.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
}
