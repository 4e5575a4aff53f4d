import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BootInput } from '../../boot/user-data.js';
import { sshHostKeys } from '../../home/ssh-keys.js';
import { packSampleRelease } from '../../release/pack.js';

/** A minion's input, right in every field. */
export function minionInput(changes: Partial<BootInput> = {}): BootInput {
  return {
    cluster: 'kubernetes',
    role: 'minion',
    index: 2,
    name: 'kubernetes-minion-2',
    podRange: '10.240.2.0/24',
    podNetwork: '10.240.0.0/16',
    portalNet: '10.0.0.0/16',
    cloudNetwork: '192.168.0.0/24',
    dns: { enabled: true, serverIp: '10.0.0.10', domain: 'cluster.local', replicas: 1 },
    masterAddress: '192.168.0.3',
    release: {
      url: 'http://127.0.0.1:9/v1/AUTH_x/c/release?temp_url_sig=00&temp_url_expires=1',
      sha256: 'a'.repeat(64),
      bytes: 1000,
    },
    reportUrl: 'http://127.0.0.1:9/v1/AUTH_x/c/report?temp_url_sig=01&temp_url_expires=1',
    deadline: 1_900_000_000,
    ca: { certificate: pem('CERTIFICATE') },
    joinToken: 'abcdef.0123456789abcdef',
    hostKey: sshHostKeys(Buffer.alloc(32, 1), 'test', 'boot'),
    ...changes,
  };
}

export function masterInput(changes: Partial<BootInput> = {}): BootInput {
  return minionInput({
    role: 'master',
    index: 0,
    name: 'kubernetes-master',
    podRange: '10.240.0.0/24',
    masterAddress: undefined,
    ca: { certificate: pem('CERTIFICATE'), key: pem('PRIVATE KEY') },
    joinToken: undefined,
    ...changes,
  });
}

/** PEM as far as the boot needs it to be: what is in it is the release's business. */
function pem(label: string): string {
  return `-----BEGIN ${label}-----\nTUlJQg==\n-----END ${label}-----\n`;
}

/** The sample release in memory. */
export async function sampleRelease(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'kubeup-test-'));
  try {
    await packSampleRelease(join(folder, 'release.tar.gz'));
    return await readFile(join(folder, 'release.tar.gz'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
