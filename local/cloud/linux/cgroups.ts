import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where the host's control groups are mounted. */
interface Hierarchies {
  /** The one hierarchy of version 2; beside those of version 1 on a hybrid host. */
  unified: string;
  /** Those of version 1 that have a controller. */
  old: string[];
}

/** proc(5): mount point is field 5; after ` - ` come the type, the source and the super block's options. */
function findHierarchies(): Hierarchies {
  const found: Hierarchies = { unified: '', old: [] };
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const mountPoint = left.split(' ')[4] ?? '';
    const [type, , options = ''] = right.split(' ');
    if (type === 'cgroup2') found.unified ||= mountPoint;
    else if (type === 'cgroup' && !options.includes('name=')) found.old.push(mountPoint);
  }
  return found;
}

/** The control groups of one cloud's machines, in every hierarchy of the host. */
export class Cgroups {
  private readonly hierarchies = findHierarchies();

  constructor(private readonly prefix: string) {}

  get unifiedMount(): string {
    return this.hierarchies.unified;
  }

  /** Makes a machine's groups. @returns its folders in the old hierarchies */
  make(group: string): string[] {
    const { unified, old } = this.hierarchies;
    for (const part of ['launcher', 'machine']) {
      mkdirSync(path.join(unified, group, part), { recursive: true });
    }
    this.handDown(unified, group);
    return old.map((hierarchy) => {
      mkdirSync(path.join(hierarchy, group), { recursive: true });
      // A new cpuset is empty and takes no process.
      for (const file of ['cpuset.cpus', 'cpuset.mems'].filter((name) =>
        existsSync(path.join(hierarchy, name)),
      )) {
        for (const folder of [path.dirname(group), group]) {
          writeFileSync(
            path.join(hierarchy, folder, file),
            readFileSync(path.join(hierarchy, file)),
          );
        }
      }
      return path.join(hierarchy, group);
    });
  }

  /** Whether any process of a machine lives. */
  isPopulated(group: string): boolean {
    return this.events(group).includes('populated 1');
  }

  /** Whether all processes of a machine are held up. They can be killed nevertheless. */
  isFrozen(group: string): boolean {
    return this.events(group).includes('frozen 1');
  }

  /** Holds a machine's processes up, or lets them go on. */
  async freeze(group: string, frozen: boolean): Promise<void> {
    const file = this.unifiedFile(group, 'cgroup.freeze');
    if (!this.isPopulated(group)) return;
    writeFileSync(file, frozen ? '1' : '0');
    while (this.isPopulated(group) && this.isFrozen(group) !== frozen) await sleep(20);
  }

  /** The process that runs a machine's system and hands it signals. */
  supervisor(group: string): number | undefined {
    const file = this.unifiedFile(group, 'machine/supervisor/cgroup.procs');
    try {
      return Number(readFileSync(file, 'utf8').split('\n')[0]) || undefined;
    } catch {
      return undefined;
    }
  }

  /** Ends every process of a machine, as pulling the plug does. */
  async kill(group: string): Promise<void> {
    const file = this.unifiedFile(group, 'cgroup.kill');
    if (existsSync(file)) writeFileSync(file, '1');
    while (this.isPopulated(group)) await sleep(20);
  }

  remove(group: string): void {
    for (const hierarchy of [this.hierarchies.unified, ...this.hierarchies.old]) {
      removeTree(path.join(hierarchy, group));
    }
  }

  /** The groups that there are, of live machines and of dead ones. */
  all(): string[] {
    const { unified, old } = this.hierarchies;
    const groups = [unified, ...old].flatMap((hierarchy) =>
      subfolders(path.join(hierarchy, this.prefix)).map((name) => `${this.prefix}/${name}`),
    );
    return [...new Set(groups)];
  }

  private unifiedFile(group: string, name: string): string {
    return path.join(this.hierarchies.unified, group, name);
  }

  private events(group: string): string {
    try {
      return readFileSync(this.unifiedFile(group, 'cgroup.events'), 'utf8');
    } catch {
      return '';
    }
  }

  /** Removes what holds the machines' groups, once they are gone. */
  close(): void {
    this.remove(this.prefix);
  }

  /** Lets machines have controllers of their own, where the host hands them out at all. */
  private handDown(unified: string, group: string): void {
    const parts = group.split('/');
    for (let depth = 0; depth <= parts.length; depth++) {
      const folder = path.join(unified, ...parts.slice(0, depth));
      for (const controller of ['cpu', 'cpuset', 'memory', 'pids', 'io']) {
        try {
          writeFileSync(path.join(folder, 'cgroup.subtree_control'), `+${controller}`);
        } catch {
          // Not offered here, or held by the old hierarchies.
        }
      }
    }
  }
}

function removeTree(folder: string): void {
  for (const name of subfolders(folder)) removeTree(path.join(folder, name));
  try {
    rmdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
