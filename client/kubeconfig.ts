import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import lockfile from 'proper-lockfile';
import { parse, stringify } from 'yaml';
import { API_SERVER_NAME } from '../activities/kube-api.js';
import { clientCertificate, clusterCa } from '../home/certificates.js';

/** A year: as long as a certificate of `kubeadm`, and made anew by every `kubeup kubeconfig`. */
const lifetimeSeconds = 365 * 24 * 3600;

/** The original's user. */
const adminName = 'admin';

interface Named {
  name: string;
}

/** A kubeconfig as far as it is read here; whatever else is in one is kept. */
interface Kubeconfig {
  apiVersion: 'v1';
  kind: 'Config';
  clusters: (Named & { cluster: Record<string, unknown> })[];
  users: (Named & { user: Record<string, unknown> })[];
  contexts: (Named & { context: { cluster: string; user: string } })[];
  'current-context': string;
  [other: string]: unknown;
}

export interface KubeconfigInput {
  cluster: string;
  /** `https://address:port`. */
  api: string;
  rootSecret: Buffer;
  /** HTTP proxy by which the master is reached, if it is not reached directly. */
  proxy?: string;
}

/**
 * An administrator's way to a cluster, complete in itself: the API's address, the CA it is verified against, and a
 * client certificate that is signed here and now. The server is known by its name, so that any address will do.
 */
export async function kubeconfigFor(input: KubeconfigInput): Promise<Kubeconfig> {
  const { cluster, api, rootSecret, proxy } = input;
  const [ca, admin] = await Promise.all([
    clusterCa(rootSecret, cluster),
    clientCertificate(rootSecret, cluster, {
      name: adminName,
      group: 'kubeup:admins',
      lifetimeSeconds,
    }),
  ]);
  const user = `${adminName}@${cluster}`;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: cluster,
        cluster: {
          server: api,
          'tls-server-name': API_SERVER_NAME,
          'certificate-authority-data': base64(ca.certificate),
          ...(proxy && { 'proxy-url': proxy }),
        },
      },
    ],
    users: [
      {
        name: user,
        user: {
          'client-certificate-data': base64(admin.certificate),
          'client-key-data': base64(admin.key),
        },
      },
    ],
    contexts: [{ name: cluster, context: { cluster, user } }],
    'current-context': cluster,
  };
}

/** Writes it for its user alone, in one step; a link stays one, and what it leads to is written. */
export async function writeKubeconfig(file: string, config: Kubeconfig): Promise<void> {
  const target = await targetOf(file);
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  const draft = `${target}.${randomUUID()}`;
  try {
    await writeFile(draft, stringify(config), { mode: 0o600 });
    await rename(draft, target);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Where a link leads, be it to a file that is not there yet; a file is its own. */
async function targetOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const link = await readlink(file).catch(() => undefined);
    if (link === undefined) return file;
    return targetOf(path.resolve(await realpath(path.dirname(file)), link));
  }
}

/**
 * Puts the cluster into a kubeconfig that may hold others, and makes it the current one.
 * @throws Error when another program holds the file's lock for ten seconds, or has left it behind
 */
export async function mergeKubeconfig(file: string, added: Kubeconfig): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const release = await lockKubeconfig(file);
  try {
    await merge(file, added);
  } finally {
    await release();
  }
}

/** The lock is kubectl's own: it makes `FILE.lock` before it writes FILE (client-go, clientcmd/loader.go). */
async function lockKubeconfig(file: string): Promise<() => Promise<void>> {
  try {
    return await lockfile.lock(file, {
      realpath: false,
      stale: 10_000,
      retries: { retries: 100, minTimeout: 100, maxTimeout: 100 },
    });
  } catch (error) {
    // A directory is ours, and is taken over; a file is kubectl's, which takes none over itself.
    if (!['ELOCKED', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code)))
      throw error;
    throw new Error(
      `${file} is not written, for another program writes it: ${file}.lock is there. If none does, remove that.`,
      { cause: error },
    );
  }
}

async function merge(file: string, added: Kubeconfig): Promise<void> {
  const present = await readKubeconfig(file);
  const over = <T extends Named>(old: T[] | undefined, items: T[]): T[] => [
    ...(old ?? []).filter(({ name }) => items.every((item) => item.name !== name)),
    ...items,
  ];
  await writeKubeconfig(file, {
    ...present,
    ...added,
    clusters: over(present?.clusters, added.clusters),
    users: over(present?.users, added.users),
    contexts: over(present?.contexts, added.contexts),
  });
}

async function readKubeconfig(file: string): Promise<Partial<Kubeconfig> | undefined> {
  try {
    return (parse(await readFile(file, 'utf8')) ?? undefined) as Partial<Kubeconfig> | undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
