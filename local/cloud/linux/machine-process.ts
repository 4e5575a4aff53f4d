import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cgroups } from './cgroups.js';
import { DISK_PARTS } from './machine-disk.js';
import type { HostNames } from './names.js';
import { packageFile } from './package-file.js';
import { runCommand } from './run-command.js';

/** Seconds a machine's system has to end by itself. */
const ORDERLY_SECONDS = 20;

/** The processes of machines: started, found again, ended. */
export class MachineProcesses {
  constructor(
    private readonly names: HostNames,
    private readonly cgroups: Cgroups,
    private readonly image: string,
  ) {}

  isRunning(serverId: string): boolean {
    return this.cgroups.isPopulated(this.names.cgroup(serverId));
  }

  isPaused(serverId: string): boolean {
    return this.cgroups.isFrozen(this.names.cgroup(serverId));
  }

  /** Holds a running machine up, or lets it go on. */
  async pause(serverId: string, paused: boolean): Promise<void> {
    await this.cgroups.freeze(this.names.cgroup(serverId), paused);
  }

  /**
   * Boots a machine from its folder. It outlives this process, as a real one outlives the compute service.
   * @param folder holds its config drive; its disk is made there when it has none yet
   */
  async start(serverId: string, hostname: string, folder: string): Promise<void> {
    const group = this.names.cgroup(serverId);
    for (const part of [...DISK_PARTS, 'root']) {
      mkdirSync(path.join(folder, part), { recursive: true });
    }
    const oldGroups = this.cgroups.make(group);
    const console = openSync(consoleFile(folder), 'a', 0o600);
    const child = spawn(packageFile('linux/boot-machine.sh'), [], {
      detached: true,
      stdio: ['ignore', console, console],
      env: {
        PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
        FOLDER: folder,
        IMAGE: this.image,
        HOST_NAME: hostname,
        NETWORK: this.names.machine(serverId),
        CGROUP: group,
        CGROUP2_MOUNT: this.cgroups.unifiedMount,
        V1_CGROUPS: oldGroups.join(' '),
      },
    });
    closeSync(console);
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    child.once(
      'exit',
      (code) => (failure = new Error(`it ended at its start with exit code ${code}`)),
    );
    child.unref();
    // It is on when its system's first process is.
    while (this.cgroups.supervisor(group) === undefined) {
      if (failure !== undefined) throw failure;
      await sleep(20);
    }
  }

  /** Gives a machine that has no disk yet a copy of a snapshot's, if there is one. */
  async makeDisk(folder: string, snapshot: string): Promise<void> {
    const [disk, draft] = [path.join(folder, 'upper'), path.join(folder, 'upper.draft')];
    if (existsSync(disk) || !existsSync(snapshot)) return;
    await rm(draft, { recursive: true, force: true });
    await copyTree(snapshot, draft);
    await rename(draft, disk);
  }

  /** Copies a machine's disk to a new folder; what runs stands still meanwhile. */
  async copyDisk(serverId: string, folder: string, target: string): Promise<void> {
    const group = this.names.cgroup(serverId);
    const disk = path.join(folder, 'upper');
    mkdirSync(disk, { recursive: true });
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
    await rm(target, { recursive: true, force: true });
    const stands = !this.isRunning(serverId) || this.cgroups.isFrozen(group);
    if (!stands) await this.cgroups.freeze(group, true);
    try {
      await copyTree(disk, target);
    } finally {
      if (!stands) await this.cgroups.freeze(group, false);
    }
  }

  /** Ends a machine: `orderly` by its own system, made to when that takes too long or cannot be. */
  async stop(serverId: string, how: 'orderly' | 'at once'): Promise<void> {
    const group = this.names.cgroup(serverId);
    const supervisor = this.cgroups.supervisor(group);
    const canEnd = this.isRunning(serverId) && !this.isPaused(serverId);
    if (how === 'orderly' && supervisor !== undefined && canEnd) {
      process.kill(supervisor, 'SIGTERM');
      const deadline = Date.now() + ORDERLY_SECONDS * 1000;
      while (this.isRunning(serverId) && Date.now() < deadline) await sleep(50);
    }
    await this.cgroups.kill(group);
    this.cgroups.remove(group);
  }
}

/** With everything that an overlay needs: owners, devices that stand for deleted files, attributes. */
async function copyTree(from: string, to: string): Promise<void> {
  await runCommand('cp', ['--archive', '--reflink=auto', '--no-target-directory', from, to]);
}

/** What a machine has written to its console. */
export function consoleFile(folder: string): string {
  return path.join(folder, 'console.log');
}

/** systemd-nspawn's exit code when the system inside has asked for a reboot. */
const REBOOT = '133';

/** Whether a machine that has ended did so to boot again. */
export function wantsReboot(folder: string): boolean {
  const file = path.join(folder, 'exit-code');
  return existsSync(file) && readFileSync(file, 'utf8').trim() === REBOOT;
}
