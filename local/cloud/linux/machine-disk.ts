import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Folders of what a machine has written: over the image, and where that must not be an overlay. */
export const DISK_PARTS = ['upper', 'work', 'containerd', 'kubelet'];

/** Where a machine's own disk is kept during a rescue; boot-machine.sh looks for it. */
const OWN_DISK = 'own-disk';

/** Changes the disk in a machine's folder; the machine is off. Done half before, it is done to its end. */
export async function changeDisk(folder: string, to: 'new' | 'rescue' | 'own'): Promise<void> {
  const kept = path.join(folder, OWN_DISK);
  if (to === 'rescue') await mkdir(kept, { recursive: true });
  for (const part of DISK_PARTS) {
    const [here, there] = [path.join(folder, part), path.join(kept, part)];
    if (to === 'rescue') {
      if (existsSync(here) && !existsSync(there)) await rename(here, there);
      continue;
    }
    if (to === 'own' && !existsSync(there)) continue;
    await rm(here, { recursive: true, force: true });
    if (to === 'own') await rename(there, here);
  }
  if (to === 'own') await rm(kept, { recursive: true, force: true });
}
