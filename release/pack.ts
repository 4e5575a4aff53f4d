/**
 * What a release is, for whoever builds one. A gzip tar that holds at its root two executables, `install-master` and
 * `install-minion`; everything else in it is theirs. The start script on each machine downloads it, checks size and
 * sha256, unpacks it to `/opt/kubeup/release-<first 12 of the sha256>` and runs the installer of its role:
 *
 * - as root, in that folder, without arguments or input; its output goes to `/var/log/kubeup-start.log`, whose end
 *   travels in the report of a failure
 * - exit code 0 means installed and running; any other means failed
 * - it is run again after a reboot in its middle, and never again once it succeeded: it starts what it installs, and
 *   has it started at later boots
 * - the pod network (`cbr0`, `vxlan42`, the route) is there already, and is made again at each boot by
 *   `kubeup-network.service`; masquerading and the service network are the release's own
 *
 * It finds in its environment:
 *
 * | variable | meaning |
 * |---|---|
 * | `KUBEUP_CLUSTER`, `KUBEUP_NAME` | cluster; host name of this machine |
 * | `KUBEUP_ROLE`, `KUBEUP_INDEX` | `master` (0) or `minion` (1 …) |
 * | `KUBEUP_MASTER_ADDRESS` | the master's address on the cloud network; empty on the master itself |
 * | `KUBEUP_CLOUD_NETWORK`, `_INTERFACE`, `_ADDRESS` | the cloud network's CIDR; this machine's interface and address on it |
 * | `KUBEUP_POD_NETWORK`, `_POD_RANGE`, `_POD_GATEWAY`, `_POD_MTU` | all pods; this machine's pods; address and MTU of `cbr0` |
 * | `KUBEUP_PORTAL_NET` | service addresses |
 * | `KUBEUP_DNS_ENABLED`, `_SERVER_IP`, `_DOMAIN`, `_REPLICAS` | cluster DNS; `true` or `false` |
 * | `KUBEUP_DEADLINE` | when the machine is given up, seconds since the epoch |
 * | `KUBEUP_RELEASE_SHA256`, `_BYTES`, `_FOLDER` | this release and where it lies |
 * | `KUBEUP_ROOT` | put before every path it writes; empty on a real machine |
 *
 * and in files that only root may read:
 *
 * | file | what |
 * |---|---|
 * | `/etc/kubeup/pki/ca.crt` | the cluster's CA certificate |
 * | `/etc/kubeup/pki/ca.key` | its key; on the master alone |
 * | `/etc/kubeup/join-token` | minions: the bootstrap token of this boot; dies when the machine is ready |
 *
 * Its last line of output is the cause when it fails.
 */
import { createHash, randomUUID } from 'node:crypto';
import { chmod, cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { INSTALLERS } from '../boot/release-archive.js';
import { packageFile } from '../home/package-root.js';

const SAMPLE_VERSION = '1';

/**
 * Packs the sample release: installers that only leave a marker and a note, and a manifest; no Kubernetes. The same
 * bytes each time, so that its hash names it. Replaces `outFile` in one step.
 */
export async function packSampleRelease(outFile: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kubeup-sample-'));
  const partial = `${outFile}.${randomUUID()}`;
  try {
    const installers = Object.values(INSTALLERS);
    const files: Record<string, string> = {};
    for (const name of installers) {
      const path = join(folder, name);
      await cp(packageFile(`release/sample/${name}`), path);
      await chmod(path, 0o755);
      files[name] = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
    }
    const manifest = { name: 'kubeup-sample', version: SAMPLE_VERSION, files };
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await chmod(join(folder, 'manifest.json'), 0o644);
    await create(
      {
        file: partial,
        cwd: folder,
        // Leaves out owner, times and device, and in gzip's header the operating system.
        portable: true,
        mtime: new Date(0),
        gzip: { level: 9 },
        jobs: 1,
      },
      [...installers, 'manifest.json'],
    );
    await rename(partial, outFile);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(partial, { force: true });
  }
}
