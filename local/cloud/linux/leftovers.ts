import path from 'node:path';
import { Cgroups } from './cgroups.js';
import { HostNames } from './names.js';
import { namespaces, removeNamespace } from './switch.js';

/**
 * Removes from the host everything of the machines of one cloud, whatever process made it: their processes, control
 * groups and namespaces, and with these their mounts, bridges and cables. Their disks stay in the data folder.
 *
 * @returns whether there was anything
 */
export async function clearHost(dataDir: string): Promise<boolean> {
  const names = new HostNames(path.resolve(dataDir));
  const cgroups = new Cgroups(names.prefix);
  const groups = cgroups.all();
  for (const group of groups) {
    await cgroups.kill(group);
    cgroups.remove(group);
  }
  cgroups.close();
  const own = (await namespaces()).filter((name) => name.startsWith(`${names.prefix}-`));
  for (const name of own) await removeNamespace(name);
  return groups.length > 0 || own.length > 0;
}
