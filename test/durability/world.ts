import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ClusterDocument } from '../../client/cluster-document.js';
import type { ServicesStatus } from '../../local/service-types.js';
import { temporaryHome } from '../support/temporary-home.js';
import { CloudClient } from './cloud-client.js';

const launcher = fileURLToPath(new URL('../../kubeup', import.meta.url));

/** What one run of the command line ended with. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export type ServiceName = 'temporal' | 'cloud' | 'worker';

/** A home of its own with the real command line and the real background processes. */
export interface World {
  env: NodeJS.ProcessEnv;
  root: string;
  /** The command line, to its end. */
  kubeup: (args: string[], env?: NodeJS.ProcessEnv) => Promise<Ended>;
  /** The command line with `--json`; its document, whatever the exit code. */
  document(
    args: string[],
    env?: NodeJS.ProcessEnv,
  ): Promise<{ code: number | null } & ClusterDocument>;
  /** The command line, left running. */
  begin(args: string[]): ChildProcess;
  services(): Promise<ServicesStatus>;
  /** SIGKILL, by pid; one that is being started is awaited, for its record still names its predecessor. */
  kill(...names: ServiceName[]): Promise<void>;
  /** The local cloud, as its users and its keeper see it. It must have run once. */
  cloud(): Promise<CloudClient>;
  /** Everything that the local cloud's account is, for an environment: what `local openrc` prints. */
  account(): Promise<Record<string, string>>;
  dispose(): Promise<void>;
}

/** @param account variables of an account to work in, instead of the world's own local cloud */
export async function openWorld(account: Record<string, string> = {}): Promise<World> {
  const temporary = await temporaryHome();
  const { home } = temporary;
  const env = { ...temporary.env, ...account };
  const begun = new Set<ChildProcess>();

  const start = (args: string[], extra: NodeJS.ProcessEnv = {}): ChildProcess => {
    const child = spawn(launcher, args, {
      env: { ...env, ...extra },
      cwd: home.root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    begun.add(child);
    child.once('exit', () => begun.delete(child));
    return child;
  };

  const world: World = {
    env,
    root: home.root,
    begin: (args) => {
      const child = start(args);
      // Nobody reads them, and a full pipe would stop it.
      child.stdout?.resume();
      child.stderr?.resume();
      return child;
    },
    kubeup: async (args, extra) => {
      const child = start(args, extra);
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close') as Promise<[number | null]>,
      ]);
      return { code, stdout, stderr };
    },
    document: async (args, extra) => {
      const { code, stdout, stderr } = await world.kubeup([...args, '--json'], extra);
      try {
        return { code, ...(JSON.parse(stdout) as ClusterDocument) };
      } catch (error) {
        throw new Error(`no JSON document (exit code ${code}): ${stdout}\n${stderr}`, {
          cause: error,
        });
      }
    },
    services: async () => {
      const { stdout } = await world.kubeup(['local', 'status', '--json']);
      return JSON.parse(stdout) as ServicesStatus;
    },
    kill: async (...names) => {
      const files = await readdir(home.services);
      for (const name of names) {
        for (const file of files.filter((one) => one.startsWith(name) && one.endsWith('.json'))) {
          const record = path.join(home.services, file);
          await eventually(`${name} runs`, async () =>
            process.kill(await pidIn(record), 'SIGKILL'),
          );
        }
      }
    },
    cloud: async () => {
      const record = JSON.parse(await readFile(path.join(home.services, 'cloud.json'), 'utf8')) as {
        ports: { http: number };
      };
      const secret = await readFile(path.join(home.cloud, 'admin-token'), 'utf8');
      return new CloudClient(`http://127.0.0.1:${record.ports.http}`, secret);
    },
    account: async () => {
      const { stdout } = await world.kubeup(['local', 'openrc']);
      const exported = stdout.matchAll(/^export (\w+)='(.*)'$/gm);
      return Object.fromEntries([...exported].map(([, name = '', value = '']) => [name, value]));
    },
    dispose: async () => {
      for (const child of begun) child.kill('SIGKILL');
      await temporary.dispose();
    },
  };
  return world;
}

/** Asking the command line would take a second, in which much happens. */
async function pidIn(record: string): Promise<number> {
  const { process } = JSON.parse(await readFile(record, 'utf8')) as { process: { pid: number } };
  return process.pid;
}

/** Looks again until `look` tells something. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  seconds = 180,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look().catch(() => undefined);
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(20);
  }
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = '';
  for await (const piece of stream ?? []) all += String(piece);
  return all;
}
