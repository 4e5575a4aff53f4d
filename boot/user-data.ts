import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { formatMachineEnv, MACHINE_ENV_PATH } from './machine-env.js';
import { packageFile } from '../home/package-root.js';

/** Everything a machine is told at its boot. */
export interface BootInput {
  /** Cluster name. */
  cluster: string;
  role: 'master' | 'minion';
  /** 0 for the master, i for minion i. */
  index: number;
  /** Server name, also the machine's host name. */
  name: string;
  /** IPv4 CIDR of this machine's pods, e.g. `10.240.2.0/24`. */
  podRange: string;
  /** IPv4 CIDR that holds every machine's pod range. */
  podNetwork: string;
  /** IPv4 CIDR of service addresses. */
  portalNet: string;
  /** IPv4 CIDR of the cloud network: by it the machine finds its interface. */
  cloudNetwork: string;
  dns: { enabled: boolean; serverIp: string; domain: string; replicas: number };
  /** The master's address on the cloud network; minions need it. */
  masterAddress?: string;
  release: {
    /** Temp URL for GET. Secret. */
    url: string;
    /** Lower-case hex. */
    sha256: string;
    bytes: number;
  };
  /** Temp URL for PUT of the machine's own report. Secret. */
  reportUrl: string;
  /** When the machine is given up, seconds since the epoch. */
  deadline: number;
  /** PEM; what the machine believes, and what the master signs with. The key is secret, and the master's alone. */
  ca: { certificate: string; key?: string };
  /** Minions: the token by which this machine joins; of no use once it has. Secret. */
  joinToken?: string;
  /** OpenSSH forms of the key by which the machine is known to whoever logs in. The private half is secret. */
  hostKey: { publicKey: string; privateKey: string };
  /** OpenSSH form; beside the key pair that the cloud injects. */
  sshPublicKey?: string;
}

/**
 * Most raw bytes of user-data that Nova takes: its API allows 65,535 characters of base64, and base64 comes in
 * fours, so 65,532 of them carry data.
 */
export const MAX_USER_DATA_BYTES = 49_149;

/**
 * The machine's cloud-config. The scripts travel as `write_files`, never as injected files: those are limited to
 * 1000 bytes at Rackspace and gone from Nova's microversion 2.57 on.
 *
 * @throws RangeError when a value cannot be what it is said to be
 */
export function renderUserData(input: BootInput): string {
  checkInput(input);
  const script = `/root/${input.role}Start.sh`;
  const config = {
    hostname: input.name,
    preserve_hostname: false,
    manage_etc_hosts: true,
    // Who logs in is root on every image; otherwise the name would differ from one to the next.
    disable_root: false,
    ssh_deletekeys: true,
    ssh_keys: {
      ed25519_private: input.hostKey.privateKey,
      ed25519_public: `${input.hostKey.publicKey} ${input.name}\n`,
    },
    ...(input.sshPublicKey === undefined ? {} : { ssh_authorized_keys: [input.sshPublicKey] }),
    write_files: [
      {
        path: MACHINE_ENV_PATH,
        owner: 'root:root',
        permissions: '0600',
        content: formatMachineEnv(machineVariables(input)),
      },
      plainFile('/etc/kubeup/pki/ca.crt', '0644', input.ca.certificate),
      ...(input.ca.key === undefined
        ? []
        : [plainFile('/etc/kubeup/pki/ca.key', '0600', input.ca.key)]),
      ...(input.joinToken === undefined
        ? []
        : [plainFile('/etc/kubeup/join-token', '0600', `${input.joinToken}\n`)]),
      shellFile('/usr/local/lib/kubeup/machine.sh', 'boot/machine.sh', '0644'),
      shellFile('/usr/local/lib/kubeup/pod-network.sh', 'boot/pod-network.sh', '0755'),
      shellFile(script, `boot/${input.role}Start.sh`, '0700'),
      ...(input.role === 'minion' ? [saltMinion(input)] : []),
    ],
    runcmd: [['bash', '-c', `exec ${script} >>/var/log/kubeup-start.log 2>&1`]],
  };
  // cloud-init reads YAML 1.1, where words such as `yes` and `0600` are no strings: version 1.1 quotes them.
  return `#cloud-config\n${stringify(config, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** Size of user-data as Nova counts it before base64. */
export function userDataBytes(userData: string): number {
  return Buffer.byteLength(userData);
}

function machineVariables(input: BootInput): Record<string, string> {
  return {
    KUBEUP_CLUSTER: input.cluster,
    KUBEUP_ROLE: input.role,
    KUBEUP_INDEX: String(input.index),
    KUBEUP_NAME: input.name,
    KUBEUP_POD_RANGE: input.podRange,
    KUBEUP_POD_NETWORK: input.podNetwork,
    KUBEUP_PORTAL_NET: input.portalNet,
    KUBEUP_CLOUD_NETWORK: input.cloudNetwork,
    KUBEUP_DNS_ENABLED: String(input.dns.enabled),
    KUBEUP_DNS_SERVER_IP: input.dns.serverIp,
    KUBEUP_DNS_DOMAIN: input.dns.domain,
    KUBEUP_DNS_REPLICAS: String(input.dns.replicas),
    KUBEUP_MASTER_ADDRESS: input.masterAddress ?? '',
    KUBEUP_DEADLINE: String(input.deadline),
    KUBEUP_RELEASE_SHA256: input.release.sha256,
    KUBEUP_RELEASE_BYTES: String(input.release.bytes),
    KUBEUP_RELEASE_URL: input.release.url,
    KUBEUP_REPORT_URL: input.reportUrl,
  };
}

function shellFile(path: string, asset: string, permissions: string): Record<string, string> {
  return plainFile(path, permissions, readFileSync(packageFile(asset), 'utf8'));
}

function plainFile(path: string, permissions: string, content: string): Record<string, string> {
  return { path, owner: 'root:root', permissions, content };
}

/** As in the original; the grain `minion_ip` is known on the machine only and written there by its start script. */
function saltMinion(input: BootInput): Record<string, string> {
  return {
    path: '/etc/salt/minion.d/kubeup.conf',
    owner: 'root:root',
    permissions: '0644',
    content: stringify(
      {
        master: input.masterAddress,
        id: input.name,
        grains: {
          roles: ['kubernetes-pool'],
          cluster: input.cluster,
          'cbr-cidr': input.podRange,
        },
      },
      { version: '1.1', lineWidth: 0 },
    ),
  };
}

const CIDR = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/;

/** Catches a caller's mistake before a machine is made with it; the user's own input was validated long before. */
function checkInput(input: BootInput): void {
  const refuse = (field: string, wanted: string): never => {
    // The value is not shown: two of the fields are secrets.
    throw new RangeError(`BootInput.${field} must be ${wanted}`);
  };
  for (const field of ['podRange', 'podNetwork', 'portalNet', 'cloudNetwork'] as const) {
    if (!CIDR.test(input[field])) refuse(field, 'an IPv4 CIDR');
  }
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(input.name)) {
    refuse('name', 'a host name');
  }
  if (!/^[ -~]+$/.test(input.cluster)) refuse('cluster', 'printable ASCII');
  if (!/^[0-9a-f]{64}$/.test(input.release.sha256)) refuse('release.sha256', '64 hex digits');
  if (!Number.isSafeInteger(input.release.bytes) || input.release.bytes <= 0) {
    refuse('release.bytes', 'a positive integer');
  }
  if (!isHttpUrl(input.release.url)) refuse('release.url', 'an http or https URL');
  if (!isHttpUrl(input.reportUrl)) refuse('reportUrl', 'an http or https URL');
  if (!Number.isSafeInteger(input.deadline)) refuse('deadline', 'whole seconds since the epoch');
  for (const pem of [input.ca.certificate, input.ca.key ?? input.ca.certificate]) {
    if (!/^-----BEGIN [A-Z ]+-----\n[\w+/=\n]+-----END [A-Z ]+-----\n$/.test(pem))
      refuse('ca', 'PEM');
  }
  if (input.joinToken !== undefined && !/^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(input.joinToken)) {
    refuse('joinToken', 'a bootstrap token');
  }
  if (input.sshPublicKey !== undefined && !/^[ -~]+$/.test(input.sshPublicKey)) {
    refuse('sshPublicKey', 'one line in OpenSSH form');
  }
  if (input.role === 'minion' && !/^\d{1,3}(\.\d{1,3}){3}$/.test(input.masterAddress ?? '')) {
    refuse('masterAddress', 'the IPv4 address of the master, for a minion');
  }
}

/** Also free of what would end or escape a quoted string in a curl configuration file. */
function isHttpUrl(url: string): boolean {
  return /^https?:\/\/[!-~]+$/.test(url) && !/["\\]/.test(url) && URL.canParse(url);
}
