import { redact } from '../boot/report.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { serverName } from '../cluster/names.js';
import { MachineShell } from '../ssh/machine-shell.js';
import type { Dependencies } from './context.js';

/** What a person would look at first. Read-only, and each line short. */
const questions = [
  'date -u +%FT%TZ',
  'cloud-init status --long',
  "systemctl --failed --no-legend --plain | sed 's/^/failed unit: /'",
  'ip -4 -brief address',
  'ip -4 route',
  'df -h / | tail -n 1',
  'tail -n 5 /var/log/cloud-init-output.log',
  'tail -n 10 /var/log/kubeup-start.log',
];

/** Longest answer that is kept, bytes: it becomes part of a condition. */
const maxBytes = 2_048;

/**
 * Looks at a machine that failed, over SSH, before it is replaced or given up.
 * @returns what was seen, redacted; empty when there is no way in: a machine that is unwell may well have none
 */
export async function diagnoseMachine(
  { cloud, rootSecret, machineProxy }: Dependencies,
  { spec, serverId }: { spec: ClusterSpec; serverId: string },
): Promise<string> {
  // The private half of a user's own key is none of the worker's.
  if (spec.keyPair.publicKey !== undefined) return '';
  try {
    const [server, [master]] = await Promise.all([
      cloud.compute.getServer(serverId),
      cloud.compute.listServers({ name: serverName(spec.name, 'master') }),
    ]);
    if (server?.status !== 'ACTIVE') return '';
    const access = { spec, rootSecret, proxy: machineProxy };
    const shell = await MachineShell.open(access, server, master);
    try {
      const { output } = await shell.run(`timeout 20 sh -c '${script}' 2>&1`, maxBytes);
      return redact(output).trim();
    } finally {
      shell.close();
    }
  } catch {
    return '';
  }
}

const script = questions.join('; ').replaceAll("'", `'\\''`);
