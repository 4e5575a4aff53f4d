import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Quota, Target } from './contract/target.js';

const program = fileURLToPath(new URL('../../local/cloud/dist/main.js', import.meta.url));

/** The local cloud's names of its limits. */
const quotaNames: Record<keyof Quota, string> = {
  instances: 'instances',
  cores: 'cores',
  ram: 'ramMiB',
  key_pairs: 'keyPairs',
  server_groups: 'serverGroups',
  server_group_members: 'serverGroupMembers',
  network: 'networks',
  subnet: 'subnets',
  port: 'ports',
};

interface Account {
  authUrl: string;
  username: string;
  password: string;
  apiKey: string;
  projectName: string;
  region: string;
}

/** Two local clouds, one of each profile; the contract's Identity v2 is held against the second. */
export class LocalTarget {
  private constructor(private readonly clouds: LocalProcess[]) {}

  static async start(): Promise<LocalTarget> {
    return new LocalTarget(
      await Promise.all(['openstack', 'rackspace'].map((profile) => LocalProcess.start(profile))),
    );
  }

  async target(): Promise<Target> {
    const [openstack, rackspace] = this.clouds as [LocalProcess, LocalProcess];
    const [v3, v2] = await Promise.all([openstack.account(), rackspace.account()]);
    return {
      v3: { ...v3, url: v3.authUrl },
      v2: { ...v2, url: v2.authUrl, tenantName: v2.projectName },
      setQuota: async (quota) => {
        const named = Object.entries(quota).map(([name, limit]) => [
          quotaNames[name as keyof Quota],
          limit,
        ]);
        await openstack.admin('PUT', '/quota', Object.fromEntries(named));
      },
    };
  }

  async end(): Promise<void> {
    await Promise.all(this.clouds.map((cloud) => cloud.end()));
  }
}

/** The local cloud's own program, as it is shipped, on a folder and a port of its own. */
class LocalProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly url: string,
  ) {}

  static async start(profile: string): Promise<LocalProcess> {
    const folder = await mkdtemp(path.join(tmpdir(), 'contract-'));
    const args = ['--data', folder, '--port', '0', '--profile', profile];
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const { event, url } = JSON.parse(line) as { event: string; url: string };
      if (event === 'ready') return new LocalProcess(child, folder, url);
    }
    throw new Error(`The local cloud ended before it was ready (${String(child.exitCode)})`);
  }

  async account(): Promise<Account> {
    return (await this.admin('GET', '/account')) as Account;
  }

  async admin(method: string, route: string, body?: unknown): Promise<unknown> {
    const secret = await readFile(path.join(this.folder, 'admin-token'), 'utf8');
    const answer = await fetch(`${this.url}/_admin${route}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} /_admin${route}: ${answer.status}`);
    return answer.json();
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
