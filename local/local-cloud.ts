import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
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

/** Seconds the local cloud has to end once told to. */
export const cloudStopSeconds = 15;

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
 * @param profile default `KUBEUP_LOCAL_PROFILE`, else the one it has, else `openstack`
 * @throws Error when it runs, or has data, with another profile
 */
export async function ensureLocalCloud(
  home: HomePaths,
  log: Log,
  profile?: LocalProfile,
  env: NodeJS.ProcessEnv = process.env,
): Promise<LocalCloudEndpoint> {
  const before = profileOf(await readRecord(home, 'cloud'));
  const chosen = profile ?? profileSchema.optional().parse(env.KUBEUP_LOCAL_PROFILE || undefined);
  if (before && chosen && before !== chosen && existsSync(home.cloud)) {
    throw new Error(
      `The local cloud in ${home.cloud} is a ${before} one and cannot become ${chosen}. Set KUBEUP_HOME ` +
        'to another folder for a second one.',
    );
  }
  const service = localCloud(home, chosen ?? before ?? 'openstack', env);
  return endpoint(home, await ensureRunning(home, service, log), chosen ?? before ?? 'openstack');
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

function profileOf(
  record: { inputs: Record<string, string> } | undefined,
): LocalProfile | undefined {
  return profileSchema.safeParse(record?.inputs.profile).data;
}

function localCloud(
  home: HomePaths,
  profile: LocalProfile,
  env: NodeJS.ProcessEnv,
): BackgroundService {
  return {
    name: 'cloud',
    title: 'Local cloud',
    usualPorts: { http: 5000 },
    // Accounts are known by their address, and machines have signed URLs with it.
    keepsPorts: true,
    inputs: { profile },
    startSeconds: 60,
    stopSeconds: cloudStopSeconds,
    command: (ports) =>
      Promise.resolve({
        file: process.execPath,
        args: [
          localCloudProgram(),
          ...['--data', home.cloud, '--port', String(ports.http), '--profile', profile],
          ...['--guest', path.join(packageRoot(), 'dist/boot/simulated-guest.js')],
        ],
        env,
        cwd: home.root,
      }),
    answers: async ({ ports }) =>
      accountSchema.safeParse(await adminGet(home, ports, '/_admin/account')).success,
  };
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
  return { env: accountEnvironment(account, profile), authUrl: account.authUrl, pid: running.pid };
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
