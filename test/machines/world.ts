import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HostNames } from '../../local/cloud/linux/names.js';
import { homePaths } from '../../home/paths.js';
import { CloudClient } from '../durability/cloud-client.js';

/** The compiled command line. */
export const program = fileURLToPath(new URL('../../dist/client.js', import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * One home, always the same: whatever a run that was killed has left there, the next one finds and clears. Its
 * machines are real.
 */
export class MachinesWorld {
  private readonly env: NodeJS.ProcessEnv;
  readonly home: ReturnType<typeof homePaths>;
  readonly names: HostNames;

  /** @param folder of the home, in the cache */
  constructor(folder = 'test-machines') {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(?:OS|TEMPORAL|KUBEUP)_/.test(name),
    );
    const root = path.join(homePaths(process.env).cache, folder);
    this.env = { ...Object.fromEntries(inherited), KUBEUP_HOME: root };
    this.home = homePaths(this.env);
    this.names = new HostNames(this.home.cloud);
  }

  async begin(): Promise<void> {
    await this.kubeup('local', 'stop');
    await rm(this.home.root, { recursive: true, force: true });
    await mkdir(this.home.root, { recursive: true });
  }

  async end(): Promise<void> {
    await this.kubeup('local', 'stop');
    await rm(this.home.root, { recursive: true, force: true });
  }

  /** The command line, to its end. */
  kubeup(...args: string[]): Promise<Ended> {
    return run(process.execPath, [program, ...args], this.env, this.home.root);
  }

  /** The command line, which must succeed. @returns what it printed */
  async done(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.kubeup(...args);
    if (code !== 0) throw new Error(`kubeup ${args.join(' ')}: ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** A script on a machine, by `kubeup ssh`; it must succeed. */
  async on(machine: string, script: string): Promise<string> {
    return (await this.done('ssh', machine, '--', script)).trim();
  }

  /** As {@link on}, again until it succeeds. */
  async eventually(machine: string, script: string, seconds = 120): Promise<string> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const { code, stdout, stderr } = await this.kubeup('ssh', machine, '--', script);
      if (code === 0) return stdout.trim();
      if (Date.now() > deadline) throw new Error(`${machine}: ${script}\n${stdout}\n${stderr}`);
      await sleep(500);
    }
  }

  async cloud(): Promise<CloudClient> {
    const file = path.join(this.home.services, 'cloud.json');
    const { ports } = JSON.parse(await readFile(file, 'utf8')) as { ports: { http: number } };
    const secret = await readFile(path.join(this.home.cloud, 'admin-token'), 'utf8');
    return new CloudClient(`http://127.0.0.1:${ports.http}`, secret);
  }

  /** Id and status of a server, and whether something is being done to it. */
  async server(name: string): Promise<{ id: string; status: string; busy: boolean }> {
    const cloud = await this.cloud();
    const { servers } = await cloud.call<{
      servers: Record<'id' | 'name' | 'status' | 'OS-EXT-STS:task_state', string>[];
    }>('compute', 'GET', '/servers/detail');
    const found = servers.find((server) => server.name === name);
    if (!found) throw new Error(`no server ${name}`);
    return { ...found, busy: Boolean(found['OS-EXT-STS:task_state']) };
  }

  async untilStatus(name: string, status: string, seconds = 120): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (let last = ''; last !== status;) {
      last = (await this.server(name).catch(() => undefined))?.status ?? 'none';
      if (Date.now() > deadline) throw new Error(`${name} is ${last}, not ${status}`);
      await sleep(200);
    }
  }

  /** As {@link untilStatus}, and nothing is being done to it. */
  async untilSettled(name: string, status: string): Promise<void> {
    do await this.untilStatus(name, status);
    while ((await this.server(name)).busy);
  }

  /** Waits until `status` shows a machine in this phase. @returns its server's id */
  async untilPhase(name: string, phase: string, seconds = 300): Promise<string> {
    for (const deadline = Date.now() + seconds * 1000; ;) {
      const { stdout } = await this.kubeup('status', '--json');
      const seen = new RegExp(`"name": "${name}"[^}]*"phase": "${phase}"`).test(stdout);
      if (seen) return (await this.server(name)).id;
      if (Date.now() > deadline) throw new Error(`${name} is not ${phase}: ${stdout}`);
      await sleep(500);
    }
  }

  async act(name: string, action: Record<string, unknown>): Promise<void> {
    const { id } = await this.server(name);
    await (await this.cloud()).call('compute', 'POST', `/servers/${id}/action`, action);
  }

  /** How many frames port security has dropped, by kind. */
  async drops(): Promise<Record<string, number>> {
    const text = await inNamespace(this.names.switch, 'nft', 'list', 'counters');
    const found = text.matchAll(/counter (\w+) \{\s*packets (\d+)/g);
    return Object.fromEntries([...found].map(([, name, packets]) => [name!, Number(packets)]));
  }

  /** Process ids of the local cloud, and of a machine's processes on this host. */
  async cloudPid(): Promise<number> {
    const file = path.join(this.home.services, 'cloud.json');
    const record = JSON.parse(await readFile(file, 'utf8')) as { process: { pid: number } };
    return record.process.pid;
  }

  async machinePids(name: string): Promise<number[]> {
    return this.machinePidsOf((await this.server(name)).id);
  }

  machinePidsOf(id: string): number[] {
    return processesIn(this.names.cgroup(id));
  }

  /** SIGKILL to all processes of a machine, at once. */
  async killMachine(name: string): Promise<void> {
    for (const pid of await this.machinePids(name)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It went with another.
      }
    }
  }

  /** What there is on this host of the machines of this home: nothing, when all is cleared. */
  async leftovers(): Promise<string[]> {
    const { prefix } = this.names;
    const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    const links = await run('ip', ['-brief', 'link']);
    return [
      ...namespaces.filter((name) => name.startsWith(prefix)),
      ...mounts.filter((line) => line.includes(this.home.root) || line.includes(prefix)),
      ...cgroupFolders(prefix),
      ...processesIn(prefix).map((pid) => `process ${pid}`),
      ...links.stdout.split('\n').filter((line) => /^(tap|brq|svc)/.test(line)),
    ];
  }
}

/** Runs a program in a network namespace. */
export async function inNamespace(namespace: string, ...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await run('nsenter', [
    `--net=/run/netns/${namespace}`,
    ...command,
  ]);
  if (code !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  return stdout;
}

export async function run(
  file: string,
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd?: string,
): Promise<Ended> {
  const at = cwd !== undefined && existsSync(cwd) ? cwd : undefined;
  const child = spawn(file, args, { env, cwd: at, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function cgroupFolders(prefix: string): string[] {
  return ['', ...readdirSync('/sys/fs/cgroup')]
    .map((hierarchy) => path.join('/sys/fs/cgroup', hierarchy, prefix))
    .filter((folder) => existsSync(folder));
}

/** Live processes of this host whose control group is, or lies under, the given one; not their unreaped remains. */
function processesIn(group: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const state = stat.charAt(stat.lastIndexOf(')') + 2);
        return (
          !'ZX'.includes(state) && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/${group}`)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}
