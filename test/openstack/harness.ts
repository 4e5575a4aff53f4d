import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import lockfile from 'proper-lockfile';
import { openrc } from '../../local/openrc.js';
import { cloudFolder, identityV2Url, identityV3Url, readOpenStack } from './cloud-folder.js';
import { isReady, removeCloud, startCloud, supervisorOf } from './supervisor.js';

const usage = `usage: npm run openstack -- COMMAND

A real OpenStack on this machine's loopback: Keystone, Swift, Glance, Placement, Neutron, and Nova with its
fake driver, from Debian's packages. Needs root on Debian 12. Everything lies in KUBEUP_OPENSTACK_DIR
(default /var/lib/kubeup-openstack).

  start                 install what is missing, and start a new cloud unless one runs
  stop                  end it, and remove its folder
  status                whether it runs, and where
  openrc [admin|v2]     shell exports for clients: the user demo, the administrator, or demo with an API key
  run COMMAND...        start, run the command, and stop again unless it ran before
`;

/** 0 done, 1 failed or not running, 2 wrong usage. */
async function main(command: string | undefined, rest: string[]): Promise<number> {
  const folder = cloudFolder();
  switch (command) {
    case 'start':
      await exclusively(folder, () => start(folder));
      return 0;
    case 'stop':
      requireRoot();
      await exclusively(folder, () => removeCloud(folder));
      return 0;
    case 'status':
      return status(folder);
    case 'openrc':
      process.stdout.write(openrc(await clientEnvironment(folder, rest[0] ?? 'demo')));
      return 0;
    case 'run':
      if (rest[0] === undefined) break;
      return run(folder, rest[0], rest.slice(1));
  }
  process.stderr.write(usage);
  return 2;
}

/** Returns whether the cloud had to be started. */
async function start(folder: string): Promise<boolean> {
  requireRoot();
  if (isReady(folder)) {
    say(`runs already, in ${folder}`);
    return false;
  }
  await removeCloud(folder);
  const packages = fileURLToPath(new URL('services/packages.sh', import.meta.url));
  // What apt-get says is no answer of this command.
  const { status } = spawnSync('bash', [packages], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('The packages could not be installed; see above');
  const began = Date.now();
  await startCloud(folder);
  say(`ready after ${Math.round((Date.now() - began) / 1000)} s, in ${folder}`);
  return true;
}

async function status(folder: string): Promise<number> {
  if (!isReady(folder)) {
    const starting = process.getuid?.() === 0 && supervisorOf(folder) !== undefined;
    process.stdout.write(starting ? 'starting\n' : 'not running\n');
    return 1;
  }
  const cloud = await readOpenStack(folder);
  process.stdout.write(
    `running in ${folder}\nIdentity v3: ${identityV3Url(cloud)}\nIdentity v2: ${identityV2Url(cloud)}\n`,
  );
  return 0;
}

async function run(folder: string, command: string, args: string[]): Promise<number> {
  // Ctrl-C reaches the command as well; it ends, and then the cloud does.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
  const started = await exclusively(folder, () => start(folder));
  try {
    const child = spawn(command, args, { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    if (started) await exclusively(folder, () => removeCloud(folder));
  }
}

async function clientEnvironment(folder: string, who: string): Promise<Record<string, string>> {
  if (!isReady(folder)) throw new Error('The cloud does not run; type: npm run openstack -- start');
  const cloud = await readOpenStack(folder);
  if (who === 'v2') {
    return {
      OS_AUTH_URL: identityV2Url(cloud),
      OS_USERNAME: 'demo',
      OS_PASSWORD: cloud.apiKey,
      OS_TENANT_NAME: 'demo',
      OS_REGION_NAME: cloud.region,
      OS_IDENTITY_API_VERSION: '2',
      OS_AUTH_SYSTEM: 'rackspace',
    };
  }
  if (who !== 'demo' && who !== 'admin') throw new Error(`No such account: ${who}`);
  return {
    OS_AUTH_URL: identityV3Url(cloud),
    OS_USERNAME: who,
    OS_PASSWORD: cloud.password,
    OS_PROJECT_NAME: who,
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_REGION_NAME: cloud.region,
    OS_IDENTITY_API_VERSION: '3',
  };
}

/** Runs the work while no other process starts or stops the cloud of this folder. */
async function exclusively<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(folder), { recursive: true });
  const release = await lockfile.lock(folder, {
    realpath: false,
    stale: 10_000,
    retries: { retries: 4800, minTimeout: 250, maxTimeout: 250 },
  });
  try {
    return await work();
  } finally {
    await release();
  }
}

function requireRoot(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(
      'It needs root on Linux, to install Debian packages and to make a pid namespace',
    );
  }
}

function say(line: string): void {
  process.stderr.write(`openstack: ${line}\n`);
}

try {
  process.exitCode = await main(process.argv[2], process.argv.slice(3));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
