import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { GuestMachine } from '../../../boot/simulated-guest.js';
import { cloudFolder } from '../cloud-folder.js';

const program = fileURLToPath(new URL('../services/config_drive.py', import.meta.url));

/** What stands on a server's config drive, as far as a machine of ours reads it. */
export interface ConfigDrive {
  userData: Buffer;
  metaData: GuestMachine['metaData'];
  networkData: {
    links: { id: string; ethernet_mac_address: string }[];
    networks: { network_id: string; link: string; ip_address?: string; type: string }[];
  };
}

/** The config drive of a server of the running OpenStack, written by Nova's own metadata code. */
export async function readConfigDrive(serverId: string): Promise<ConfigDrive> {
  const folder = await mkdtemp(path.join(tmpdir(), 'config-drive-'));
  try {
    const configuration = path.join(cloudFolder(), 'config/nova/nova.conf');
    await promisify(execFile)('/usr/bin/python3', [program, configuration, serverId, folder]);
    const read = (name: string): Promise<Buffer> =>
      readFile(path.join(folder, 'openstack/latest', name));
    const json = async (name: string): Promise<unknown> =>
      JSON.parse((await read(name)).toString()) as unknown;
    return {
      userData: await read('user_data'),
      metaData: (await json('meta_data.json')) as ConfigDrive['metaData'],
      networkData: (await json('network_data.json')) as ConfigDrive['networkData'],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
