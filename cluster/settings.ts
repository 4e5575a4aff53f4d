import { z } from 'zod';
import { enclosingCidr, parseAddress, parseCidr } from './addressing.js';

/**
 * Every setting of a cluster: one row each, read alike from the file, the environment and the flags, and
 * checked by the same schema wherever it came from.
 */
export interface Setting {
  /** Variable of the environment; the original's own name where it had one. */
  environment?: string;
  /** Flag of the command line with its placeholder, as commander takes it. */
  flag: string;
  /** One line of help. */
  about: string;
  schema: z.ZodType;
}

/** RFC 1123 label: what both Nova (as a host name) and DNS take. */
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const domain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const publicKey =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,3}( .*)?$/;

const text = (what: string, longest = 255): z.ZodType<string> =>
  z.union([z.string(), z.number().transform(String)], { error: `must be ${what}` }).pipe(
    z
      .string()
      .refine((value) => value.trim() !== '' && value === value.trim(), {
        error: `must be ${what}, not empty and without blanks around it`,
      })
      .refine((value) => value.length <= longest, {
        error: `must be ${what} of at most ${longest} characters`,
      }),
  );

const matching = (pattern: RegExp, what: string, longest = 255): z.ZodType<string> =>
  z
    .string({ error: `must be ${what}` })
    .regex(pattern, { error: `must be ${what}` })
    .max(longest, { error: `must be ${what} of at most ${longest} characters` });

/** A whole number, or the decimal digits of one; `1e3`, `0x10` and `3.0` are typing errors here. */
const wholeNumber = (lowest: number, highest: number): z.ZodType<number> => {
  const error = `must be a whole number from ${lowest} to ${highest}`;
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^-?\d{1,15}$/)
          .transform(Number),
      ],
      { error },
    )
    .pipe(z.number().int({ error }).min(lowest, { error }).max(highest, { error }));
};

const truth: z.ZodType<boolean> = z
  .union(
    [
      z.boolean(),
      z.stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] }),
    ],
    { error: 'must be true or false' },
  )
  .pipe(z.boolean());

const address: z.ZodType<string> = z
  .string({ error: 'must be an IPv4 address, e.g. 10.0.0.10' })
  .refine((value) => parseAddress(value) !== undefined, {
    error: 'must be an IPv4 address, e.g. 10.0.0.10',
  });

const cidr: z.ZodType<string, string> = z
  .string({ error: 'must be an IPv4 range, e.g. 192.168.0.0/24' })
  .superRefine((value, context) => {
    if (parseCidr(value)) return;
    const enclosing = enclosingCidr(value);
    context.addIssue({
      code: 'custom',
      message: enclosing
        ? `must be a range without host bits: ${enclosing}`
        : 'must be an IPv4 range, e.g. 192.168.0.0/24',
    });
  });

/** The original's `KUBE_NETWORK` was a pattern of one /24 per minion: `10.240.{1..N}.0/24`. */
const podNetwork: z.ZodType<string> = z
  .string({ error: 'must be an IPv4 range, e.g. 10.240.0.0/16' })
  .transform((value) => value.replace(/^(\d+\.\d+)\.\{1\.\.[^}]+\}\}?\.0\/24$/, '$1.0.0/16'))
  .pipe(cidr);

const names: z.ZodType<string[]> = z
  .union(
    [
      z.array(z.string()),
      z.string().transform((value) => value.split(',').map((name) => name.trim())),
    ],
    { error: 'must be a list of network names or ids' },
  )
  .pipe(z.array(z.string().min(1, { error: 'must be network names or ids, none of them empty' })));

/** Rackspace and Nova allow 255 characters for either half; our own keys are not for the user. */
const tag: z.ZodType<string> = matching(
  /^(?!kubeup-)[A-Za-z0-9 _.:-]{1,255}=[\x20-\x7e]{0,255}$/,
  'one key=value pair, its key not beginning with kubeup-',
  511,
);

export const settings = {
  name: {
    environment: 'INSTANCE_PREFIX',
    flag: '--name <name>',
    about: "the cluster's name, and the prefix of its servers' names",
    schema: matching(
      label,
      'lower-case letters, digits and dashes, with a letter or digit at both ends',
      63,
    ),
  },
  minions: {
    environment: 'RAX_NUM_MINIONS',
    flag: '--minions <n>',
    about: 'number of minions',
    schema: wholeNumber(0, 65535),
  },
  image: {
    environment: 'KUBE_IMAGE',
    flag: '--image <image>',
    about: 'image of every server, by name or id',
    schema: text('the name or id of an image'),
  },
  masterFlavor: {
    environment: 'KUBE_MASTER_FLAVOR',
    flag: '--master-flavor <flavor>',
    about: "the master's flavor, by name or id",
    schema: text('the name or id of a flavor'),
  },
  minionFlavor: {
    environment: 'KUBE_MINION_FLAVOR',
    flag: '--minion-flavor <flavor>',
    about: "the minions' flavor, by name or id",
    schema: text('the name or id of a flavor'),
  },
  'keyPair.name': {
    environment: 'SSH_KEY_NAME',
    flag: '--key-name <name>',
    about: 'key pair; ~/.ssh/<name>.pub is used when there is one',
    schema: matching(
      /^[A-Za-z0-9_-]([A-Za-z0-9 _-]*[A-Za-z0-9_-])?$/,
      'letters, digits, dashes, underscores and inner blanks',
    ),
  },
  'keyPair.publicKey': {
    flag: '--public-key <line>',
    about: 'public key of your own, in OpenSSH form, instead of ~/.ssh/<name>.pub',
    schema: matching(publicKey, 'one public key in OpenSSH form: ssh-ed25519 AAAA…', 16384),
  },
  'network.label': {
    environment: 'NOVA_NETWORK_LABEL',
    flag: '--network-label <label>',
    about: 'name of the cloud network',
    schema: text('the name of a network', 64),
  },
  'network.cidr': {
    environment: 'NOVA_NETWORK',
    flag: '--network-cidr <cidr>',
    about: 'addresses of the cloud network',
    schema: cidr,
  },
  attachNetworks: {
    environment: 'KUBEUP_ATTACH_NETWORKS',
    flag: '--attach-networks <names>',
    about: 'networks to attach in front of the cloud network, comma-separated',
    schema: names,
  },
  podNetwork: {
    environment: 'KUBE_NETWORK',
    flag: '--pod-network <cidr>',
    about: 'addresses of all pods; minion i gets the i-th /24 of it',
    schema: podNetwork,
  },
  portalNet: {
    environment: 'PORTAL_NET',
    flag: '--portal-net <cidr>',
    about: 'addresses of services',
    schema: cidr,
  },
  'dns.enabled': {
    environment: 'ENABLE_CLUSTER_DNS',
    flag: '--cluster-dns <bool>',
    about: 'whether the cluster has DNS',
    schema: truth,
  },
  'dns.serverIp': {
    environment: 'DNS_SERVER_IP',
    flag: '--dns-server-ip <address>',
    about: "address of the cluster's DNS, inside the portal net",
    schema: address,
  },
  'dns.domain': {
    environment: 'DNS_DOMAIN',
    flag: '--dns-domain <domain>',
    about: "the cluster's DNS domain",
    schema: matching(domain, 'a domain name in lower case, e.g. cluster.local', 253),
  },
  'dns.replicas': {
    environment: 'DNS_REPLICAS',
    flag: '--dns-replicas <n>',
    about: 'copies of the DNS server',
    schema: wholeNumber(1, 100),
  },
  'release.file': {
    environment: 'KUBEUP_RELEASE',
    flag: '--release <file>',
    about: 'master-release.tar.gz to install',
    schema: matching(/^[^\0]+$/, 'the path of a master-release.tar.gz', 4096),
  },
  'release.container': {
    environment: 'CLOUD_FILES_CONTAINER',
    flag: '--container <name>',
    about: 'object storage container of the release',
    schema: matching(/^[^/\0?]+$/, 'a container name: no slash, no question mark', 256),
  },
  masterTag: {
    environment: 'MASTER_TAG',
    flag: '--master-tag <key=value>',
    about: "metadata of the master's server",
    schema: tag,
  },
  minionTag: {
    environment: 'MINION_TAG',
    flag: '--minion-tag <key=value>',
    about: "metadata of the minions' servers",
    schema: tag,
  },
  onFailure: {
    environment: 'KUBEUP_ON_FAILURE',
    flag: '--on-failure <policy>',
    about: 'hold (wait for retry or down), fail, or rollback',
    schema: z.enum(['hold', 'fail', 'rollback'], { error: 'must be hold, fail or rollback' }),
  },
  wait: {
    environment: 'KUBEUP_WAIT',
    flag: '--wait <state>',
    about: 'what to wait for: active (address known), reported (start scripts done) or ready',
    schema: z.enum(['active', 'reported', 'ready'], {
      error: 'must be active, reported or ready',
    }),
  },
  minReadyMinions: {
    environment: 'KUBEUP_MIN_READY_MINIONS',
    flag: '--min-ready <n>',
    about: 'how many ready minions are enough',
    schema: wholeNumber(0, 65535),
  },
  maxReplacements: {
    environment: 'KUBEUP_MAX_REPLACEMENTS',
    flag: '--max-replacements <n>',
    about: 'how many times one machine may be replaced',
    schema: wholeNumber(0, 100),
  },
  machineTimeoutSeconds: {
    environment: 'KUBEUP_MACHINE_TIMEOUT',
    flag: '--machine-timeout <seconds>',
    about: 'seconds a machine has from its creation to its ready report',
    schema: wholeNumber(1, 86400),
  },
} as const satisfies Record<string, Setting>;

/** Path of a setting in the file and in the spec, e.g. `network.cidr`. */
export type Field = keyof typeof settings;

export type Settings = { [F in Field]: z.output<(typeof settings)[F]['schema']> };

export const fields = Object.keys(settings) as Field[];
