import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = path.join(import.meta.dirname, '..', 'main.ts');
const PASSWORD = 'of a process';

/** A cloud in a process of its own, to be killed. */
export class CloudProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** `AUTH_…` */
    readonly account: string,
    private readonly text: string,
  ) {}

  /** Starts it where the last one on that folder left off. */
  static async start(dataDir: string): Promise<CloudProcess> {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', MAIN, 'serve', '--data', dataDir, '--port', '0'],
      {
        env: { ...process.env, LOCAL_CLOUD_PASSWORD: PASSWORD },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, 'exit').then(() => assert.fail('The cloud did not start'));
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    const { url } = JSON.parse(line) as { url: string };
    const login = await fetch(`${url}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity: password(), scope: { project: project() } } }),
    });
    assert.equal(login.status, 201);
    const { token } = (await login.json()) as { token: { project: { id: string } } };
    const text = login.headers.get('x-subject-token') ?? '';
    return new CloudProcess(child, url, `AUTH_${token.project.id}`, text);
  }

  token(): string {
    return this.text;
  }

  /** The most memory it ever had resident. Linux only. */
  peakMemoryMiB(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

function password(): Record<string, unknown> {
  const user = { name: 'demo', domain: { id: 'default' }, password: PASSWORD };
  return { methods: ['password'], password: { user } };
}

function project(): Record<string, unknown> {
  return { name: 'demo', domain: { id: 'default' } };
}
