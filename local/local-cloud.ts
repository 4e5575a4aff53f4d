import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { HomePaths } from '../home/paths.js';
import { packageRoot } from '../home/package-root.js';
import {
  ensureRunning,
  type BackgroundService,
  type RunningService,
} from './background-service.js';
import { isRunning, readRecord } from './service-record.js';
import type { LocalCloudEndpoint, Log } from './service-types.js';

/** Which cloud the local one is like. */
export type LocalProfile = 'openstack' | 'rackspace';

/** What its servers are: programs that do as a machine would, or machines that really boot (root on Linux). */
export type LocalMachines = 'simulated' | 'linux';

/** What the local cloud is asked to be. */
export interface LocalCloudWish {
  /** @default `KUBEUP_LOCAL_PROFILE`, else the one it has, else `openstack` */
  profile?: LocalProfile;
  /** @default `KUBEUP_LOCAL_MACHINES`, else those it has, else `simulated` */
  machines?: LocalMachines;
}

/** Seconds the local cloud has to end once told to. */
export const cloudStopSeconds = 60;

const accountSchema = z.object({
  authUrl: z.string(),
  username: z.string(),
  password: z.string(),
  apiKey: z.string(),
  projectName: z.string(),
  region: z.string(),
  userDomainName: z.string(),
  projectDomainName: z.string(),
});

type LocalAccount = z.infer<typeof accountSchema>;

/**
 * The local cloud of this home, started when it does not run, with the data and port it had before.
 *
 * @throws Error when it runs, or has data, with another profile, or servers of another kind; when this host can have no real machines
 */
export async function ensureLocalCloud(
  home: HomePaths,
  log: Log,
  wish: LocalCloudWish = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<LocalCloudEndpoint> {
  const record = await readRecord(home, 'cloud');
  const before = profileOf(record);
  const chosen =
    wish.profile ?? profileSchema.optional().parse(env.KUBEUP_LOCAL_PROFILE || undefined);
  if (before && chosen && before !== chosen && existsSync(home.cloud)) {
    throw new Error(
      `The local cloud in ${home.cloud} is a ${before} one and cannot become ${chosen}. Set KUBEUP_HOME ` +
        'to another folder for a second one.',
    );
  }
  const profile = chosen ?? before ?? 'openstack';
  const had = machinesSchema.safeParse(record?.inputs.machines).data;
  const machines =
    wish.machines ??
    machinesSchema.optional().parse(env.KUBEUP_LOCAL_MACHINES || undefined) ??
    had ??
    'simulated';
  if (had && had !== machines && existsSync(home.cloud)) {
    await refuseOtherMachines(home, localCloud(home, profile, had, env, log), log);
  }
  const service = localCloud(home, profile, machines, env, log);
  return endpoint(home, await ensureRunning(home, service, log), profile);
}

const serversSchema = z.object({ servers: z.array(z.object({ name: z.string() })) });

/** Servers of one kind cannot become the other: the cloud as it was tells whether it has any. */
async function refuseOtherMachines(
  home: HomePaths,
  before: BackgroundService,
  log: Log,
): Promise<void> {
  const { ports } = await ensureRunning(home, before, log);
  const { servers } = serversSchema.parse(await adminGet(home, ports, '/_admin/servers'));
  if (servers.length === 0) return;
  throw new Error(
    `The local cloud in ${home.cloud} has ${before.inputs.machines} machines ` +
      `(${servers.map(({ name }) => name).join(', ')}), which cannot become others. Remove them first ` +
      '(kubeup down), or set KUBEUP_HOME to another folder for a second cloud.',
  );
}

/** The local cloud of this home if it runs and answers. */
export async function runningLocalCloud(home: HomePaths): Promise<LocalCloudEndpoint | undefined> {
  const record = await readRecord(home, 'cloud');
  if (!isRunning(record)) return undefined;
  const running = { pid: record.process.pid, ports: record.ports, output: () => '' };
  try {
    return await endpoint(home, running, profileOf(record) ?? 'openstack');
  } catch {
    return undefined;
  }
}

/** How many requests of each kind it has answered, by `METHOD service /route`. */
export async function localCloudRequests(
  home: HomePaths,
  ports: Record<string, number>,
): Promise<Record<string, number>> {
  const requests = await adminGet(home, ports, '/_admin/requests');
  return z.record(z.string(), z.number()).parse(requests);
}

const profileSchema = z.enum(['openstack', 'rackspace']);
const machinesSchema = z.enum(['simulated', 'linux']);

function profileOf(
  record: { inputs: Record<string, string> } | undefined,
): LocalProfile | undefined {
  return profileSchema.safeParse(record?.inputs.profile).data;
}

function localCloud(
  home: HomePaths,
  profile: LocalProfile,
  machines: LocalMachines,
  env: NodeJS.ProcessEnv,
  log: Log,
): BackgroundService {
  return {
    name: 'cloud',
    title: 'Local cloud',
    usualPorts: { http: 5000 },
    // Accounts are known by their address, and machines have signed URLs with it.
    keepsPorts: true,
    inputs: { profile, machines },
    startSeconds: 60,
    stopSeconds: cloudStopSeconds,
    command: async (ports) => ({
      file: process.execPath,
      args: [
        localCloudProgram(),
        ...['serve', '--data', home.cloud, '--port', String(ports.http), '--profile', profile],
        ...(machines === 'linux'
          ? ['--linux-image', await machineImage(home, log)]
          : ['--guest', path.join(packageRoot(), 'dist/boot/simulated-guest.js')]),
      ],
      env,
      cwd: home.root,
    }),
    answers: async ({ ports }) =>
      accountSchema.safeParse(await adminGet(home, ports, '/_admin/account')).success,
  };
}

/** Sees to what real machines need on this host, and to their image, which is built at the first time. */
function machineImage(home: HomePaths, log: Log): Promise<string> {
  return runLocalCloud(['image', '--cache', home.cache], log);
}

/** Removes from this host what real machines of a killed local cloud have left. */
export async function clearMachines(home: HomePaths): Promise<void> {
  const record = await readRecord(home, 'cloud');
  if (record?.inputs.machines !== 'linux') return;
  await runLocalCloud(['clear', '--data', home.cloud], () => undefined);
}

/** Runs the local cloud's program to its end; rejects with its last words. */
async function runLocalCloud(args: string[], log: Log): Promise<string> {
  const child = spawn(process.execPath, [localCloudProgram(), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  createInterface(child.stderr).on('line', (line) => {
    log(`Local cloud: ${line}`);
    said = line;
  });
  const [output, [code]] = await Promise.all([
    text(child.stdout),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(said || `the local cloud ended with exit code ${code}`);
  return output.trim();
}

/** The package's own entry point tells where it is, in a checkout and when it is installed. */
function localCloudProgram(): string {
  const index = createRequire(import.meta.url).resolve('@kubeup/local-cloud');
  return path.join(path.dirname(index), 'main.js');
}

async function endpoint(
  home: HomePaths,
  running: RunningService,
  profile: LocalProfile,
): Promise<LocalCloudEndpoint> {
  const account = accountSchema.parse(await adminGet(home, running.ports, '/_admin/account'));
  const env = {
    ...accountEnvironment(account, profile),
    // Machines are on networks that this host has no way into, but through the cloud.
    KUBEUP_MACHINE_PROXY: new URL(account.authUrl).origin,
  };
  return { env, authUrl: account.authUrl, pid: running.pid };
}

/** Rackspace's clients log in with Identity v2, the others with v3. */
function accountEnvironment(account: LocalAccount, profile: LocalProfile): Record<string, string> {
  const both = {
    OS_AUTH_URL: account.authUrl,
    OS_USERNAME: account.username,
    OS_PASSWORD: account.password,
    OS_REGION_NAME: account.region,
  };
  if (profile === 'rackspace') {
    return {
      ...both,
      OS_TENANT_NAME: account.projectName,
      OS_IDENTITY_API_VERSION: '2',
      OS_AUTH_SYSTEM: 'rackspace',
      NOVA_RAX_AUTH: '1',
    };
  }
  return {
    ...both,
    OS_PROJECT_NAME: account.projectName,
    OS_USER_DOMAIN_NAME: account.userDomainName,
    OS_PROJECT_DOMAIN_NAME: account.projectDomainName,
    OS_IDENTITY_API_VERSION: '3',
  };
}

/** Whoever may read the cloud's data folder may use its admin path. */
async function adminGet(
  home: HomePaths,
  ports: Record<string, number>,
  route: string,
): Promise<unknown> {
  const token = await readFile(path.join(home.cloud, 'admin-token'), 'utf8');
  const answer = await fetch(`http://127.0.0.1:${ports.http}${route}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`GET ${route} of the local cloud: HTTP ${answer.status}`);
  return answer.json();
}
