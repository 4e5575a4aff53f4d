import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { program } from '../machines/world.js';
import { KubernetesWorld } from './world.js';

const world = new KubernetesWorld();
const skip =
  process.geteuid?.() === 0 && process.platform === 'linux' ? false : 'needs root on Linux';
const up = ['up', '--build', '--machines', 'linux', '--minions', '2'];

interface Status {
  phase: string;
  workflow: { runId: string };
  master: { phase: string };
}

/** The command line, left running: it starts again whatever service is missing. */
function begin(): ChildProcess {
  const env = { ...process.env, KUBEUP_HOME: world.home.root };
  return spawn(process.execPath, [program, ...up], { env, stdio: 'ignore', cwd: world.home.root });
}

async function status(): Promise<Status> {
  return JSON.parse((await world.kubeup('status', '--json')).stdout) as Status;
}

/** By what is on its disk: what is known of it elsewhere may be old while parts are killed. */
async function has(machine: string, file: string): Promise<boolean> {
  const { id } = await world.server(machine);
  return existsSync(path.join(world.home.cloud, 'machines', id, 'upper', file));
}

const hasBegun = (machine: string): Promise<boolean> => has(machine, 'etc/kubernetes/machine.env');

async function isInstalling(machine: string): Promise<boolean> {
  return (await hasBegun(machine)) && !(await has(machine, 'var/lib/kubeup/installed'));
}

async function killService(name: 'temporal' | 'cloud' | 'worker'): Promise<void> {
  const services = JSON.parse(await world.done('local', 'status', '--json')) as Record<
    string,
    { pid?: number } | undefined
  >;
  const pid = services[name]?.pid;
  assert.ok(pid, `${name} runs`);
  process.kill(pid, 'SIGKILL');
}

describe('a bring-up of Kubernetes whose parts are killed', { skip, timeout: 40 * 60_000 }, () => {
  before(() => world.begin());
  after(() => world.end());

  it('ends Ready in the same run, with pods that reach each other', async () => {
    const second = 'kubernetes-minion-2';
    let killed = '';
    const moments: [what: string, when: () => Promise<boolean>, kill: () => Promise<void>][] = [
      [
        'worker',
        async () => (await status()).master.phase === 'Booting',
        () => killService('worker'),
      ],
      ['Temporal', () => hasBegun('kubernetes-master'), () => killService('temporal')],
      [
        'minion 2, while it installs',
        () => isInstalling(second),
        async () => {
          killed = (await world.server(second)).id;
          await world.killMachine(second);
        },
      ],
      [
        'cloud, while minion 2 is replaced',
        async () => (await world.server(second)).id !== killed,
        () => killService('cloud'),
      ],
    ];
    const runs = new Set<string>();
    for (const [what, when, kill] of moments) {
      const client = begin();
      await world.until(`the moment to kill ${what}`, when, 300);
      runs.add((await status()).workflow.runId);
      client.kill('SIGKILL');
      await kill();
      console.log(`killed ${what}`);
    }
    const text = await world.done(...up);
    console.log(text);
    const last = await status();
    assert.equal(last.phase, 'Ready');
    runs.add(last.workflow.runId);
    assert.equal(runs.size, 1, 'one run from beginning to end');
    const nodes = await world.kubectl('get', 'nodes', '--no-headers');
    assert.match(nodes, /^kubernetes-minion-1 +Ready .*\nkubernetes-minion-2 +Ready /);
  });
});
