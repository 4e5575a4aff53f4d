import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { descriptionFile, portNames, readyFile } from './cloud-folder.js';
import type { OpenStack, PortName } from './cloud-folder.js';

/** It takes a minute on two idle cores. */
const startMs = 20 * 60_000;
const services = fileURLToPath(new URL('services/', import.meta.url));

/**
 * The `unshare` process that holds the cloud's pid namespace. It is known by its environment, so that there
 * is no moment at which it runs and nobody could find it.
 */
export function supervisorOf(folder: string): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      const name = readProcFile(pid, 'comm').trim();
      return name === 'unshare' && environmentOf(pid).includes(`OPENSTACK_DIR=${folder}`);
    });
}

/** Whether everything in the folder's cloud is up. */
export function isReady(folder: string): boolean {
  return supervisorOf(folder) !== undefined && existsSync(readyFile(folder));
}

/**
 * Starts a new cloud and waits until it is ready for use.
 * @throws Error with the end of the log when a service ends, or when it takes too long; then nothing runs,
 *   and the folder tells more
 */
export async function startCloud(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const cloud = await describe();
  await writeFile(descriptionFile(folder), JSON.stringify(cloud, null, 2));
  const log = path.join(folder, 'cloud.log');
  const output = openSync(log, 'a');
  const supervisor = spawn(
    'unshare',
    ['--pid', '--fork', '--mount-proc', '--kill-child', 'bash', path.join(services, 'cloud.sh')],
    { detached: true, stdio: ['ignore', output, output], env: environment(folder, cloud) },
  );
  supervisor.unref();

  const deadline = Date.now() + startMs;
  while (!existsSync(readyFile(folder))) {
    const ended = supervisor.exitCode ?? supervisor.signalCode;
    if (ended !== null)
      throw new Error(`The cloud ended (${ended}):\n${await readFile(log, 'utf8')}`);
    if (Date.now() > deadline) {
      throw new Error(`The cloud is not ready after ${startMs / 1000} s; see ${folder}/logs`);
    }
    await sleep(250);
  }
}

/** Ends the folder's cloud, whatever is left of it. */
export async function endCloud(folder: string): Promise<void> {
  for (let pid = supervisorOf(folder); pid !== undefined; pid = supervisorOf(folder)) {
    // The namespace's first process takes all others with it, and unshare ends when they are gone.
    const first = Number(readProcFile(pid, `task/${pid}/children`).split(' ')[0]) || pid;
    signal(first);
    await sleep(100);
  }
}

/** Ends the folder's cloud and removes the folder. */
export async function removeCloud(folder: string): Promise<void> {
  await endCloud(folder);
  await rm(folder, { recursive: true, force: true });
}

async function describe(): Promise<OpenStack> {
  const ports: Partial<Record<PortName, number>> = {};
  for (const name of portNames) {
    ports[name] = await getPort({ host: '127.0.0.1', exclude: Object.values(ports) });
  }
  return {
    region: 'RegionOne',
    password: randomBytes(12).toString('hex'),
    apiKey: randomBytes(16).toString('hex'),
    ports: ports as Record<PortName, number>,
  };
}

/** Nothing of the caller's environment: a proxy, a Python of its own or `OS_*` would change the services. */
function environment(folder: string, cloud: OpenStack): Record<string, string> {
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: folder,
    TMPDIR: folder,
    LC_ALL: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
    OPENSTACK_DIR: folder,
    OPENSTACK_STARTED: String(Math.floor(Date.now() / 1000)),
    OPENSTACK_REGION: cloud.region,
    OPENSTACK_PASSWORD: cloud.password,
    OPENSTACK_API_KEY: cloud.apiKey,
    ...Object.fromEntries(Object.entries(cloud.ports).map(([name, port]) => [name, String(port)])),
  };
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function environmentOf(pid: number): string[] {
  return readProcFile(pid, 'environ').split('\0');
}

/** Empty when the process has just ended. */
function readProcFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
