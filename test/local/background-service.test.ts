import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  endProcess,
  ensureRunning,
  type BackgroundService,
} from '../../local/background-service.js';
import { identify, isAlive } from '../../local/process-identity.js';
import { readRecord, writeRecord } from '../../local/service-record.js';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.js';

const program = `
  import http from 'node:http';
  import { appendFileSync } from 'node:fs';
  const [, , port, starts, mode] = process.argv;
  appendFileSync(starts, process.pid + '\\n');
  if (mode === 'crash') { console.error('the disk is made of cheese'); process.exit(3); }
  if (mode === 'stubborn') process.on('SIGTERM', () => {});
  if (mode === 'deaf') setInterval(() => {}, 1000);
  else http.createServer((_, answer) => answer.end('yes')).listen(Number(port), '127.0.0.1');
`;

describe('background service', () => {
  let temporary: TemporaryHome;
  let starts: string;
  let file: string;
  let usualPort: number;
  const silent = (): void => undefined;

  const service = (mode: string, inputs: Record<string, string> = {}): BackgroundService => ({
    name: 'answerer',
    title: 'Answerer',
    usualPorts: { http: usualPort },
    inputs,
    startSeconds: mode === 'deaf' ? 1 : 30,
    stopSeconds: mode === 'stubborn' ? 0.2 : 10,
    command: (ports) =>
      Promise.resolve({
        file: process.execPath,
        args: [file, String(ports.http), starts, mode],
        env: process.env,
        cwd: temporary.home.root,
      }),
    answers: async ({ ports }) => (await fetch(`http://127.0.0.1:${ports.http}`)).ok,
  });
  const startCount = async (): Promise<number> =>
    (await readFile(starts, 'utf8')).trim().split('\n').length;

  beforeEach(async () => {
    // None that the system gives to connections of its own choice: those come and go.
    usualPort = randomInt(20_000, 30_000);
    temporary = await temporaryHome();
    file = path.join(temporary.home.root, 'answerer.mjs');
    starts = path.join(temporary.home.root, 'starts');
    await writeFile(file, program);
  });
  afterEach(async () => {
    const record = await readRecord(temporary.home, 'answerer');
    if (record?.process) await endProcess(record.process, 1);
    await temporary.dispose();
  });

  it('is started once, however many ask at once, and found afterwards', async () => {
    const all = await Promise.all(
      Array.from({ length: 5 }, () => ensureRunning(temporary.home, service('run'), silent)),
    );
    assert.equal(new Set(all.map(({ pid }) => pid)).size, 1);
    assert.equal(await startCount(), 1);
  });

  it('comes back on the same port after it was killed', async () => {
    const first = await ensureRunning(temporary.home, service('run'), silent);
    process.kill(first.pid, 'SIGKILL');
    const second = await ensureRunning(temporary.home, service('run'), silent);
    assert.notEqual(second.pid, first.pid);
    assert.deepEqual(second.ports, first.ports);
  });

  it('moves to another port when its own was taken meanwhile', async () => {
    const first = await ensureRunning(temporary.home, service('run'), silent);
    const identity = identify(first.pid);
    assert.ok(identity);
    await endProcess(identity, 5);
    const squatter = createServer().listen(first.ports.http, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const second = await ensureRunning(temporary.home, service('run'), silent);
      assert.notDeepEqual(second.ports, first.ports);
    } finally {
      squatter.close();
    }
  });

  it('is started again when what it was started with changed, and only then', async () => {
    const first = await ensureRunning(temporary.home, service('run', { build: '1' }), silent);
    const same = await ensureRunning(temporary.home, service('run', { build: '1' }), silent);
    assert.equal(same.pid, first.pid);
    const said: string[] = [];
    const other = await ensureRunning(temporary.home, service('run', { build: '2' }), (line) =>
      said.push(line),
    );
    assert.notEqual(other.pid, first.pid);
    assert.match(said.join('\n'), /Answerer: its build changed/);
    assert.equal(identify(first.pid), undefined);
  });

  it('shows the end of its log when it ends at its start', async () => {
    await assert.rejects(ensureRunning(temporary.home, service('crash'), silent), {
      message:
        /^Answerer ended at its start\. The end of .*answerer\.log:\nthe disk is made of cheese$/,
    });
  });

  it('is ended, and said so, when it does not answer in time', async () => {
    await assert.rejects(ensureRunning(temporary.home, service('deaf'), silent), {
      message: /^Answerer \(pid \d+\) did not answer within 1 s/,
    });
    const pid = Number((await readFile(starts, 'utf8')).trim());
    assert.equal(identify(pid), undefined);
  });

  it('names a program that cannot be started', async () => {
    const missing: BackgroundService = {
      ...service('run'),
      command: () =>
        Promise.resolve({ file: '/nowhere/at/all', args: [], env: {}, cwd: temporary.home.root }),
    };
    await assert.rejects(ensureRunning(temporary.home, missing, silent), { code: 'ENOENT' });
  });

  it('is killed when it will not end', async () => {
    const { pid } = await ensureRunning(temporary.home, service('stubborn'), silent);
    const identity = identify(pid);
    assert.ok(identity);
    await endProcess(identity, 0.2);
    assert.ok(!isAlive(identity));
  });

  it('never ends a stranger that got its process id', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      const pid = stranger.pid ?? 0;
      const record = { ports: {}, inputs: {}, logBegin: 0, startedAt: '2014-07-01T00:00:00Z' };
      writeRecord(temporary.home, 'answerer', { ...record, process: { pid, started: 'earlier' } });
      await endProcess({ pid, started: 'earlier' }, 1);
      const { pid: started } = await ensureRunning(temporary.home, service('run'), silent);
      assert.notEqual(started, pid);
      assert.ok(identify(pid));
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('survives a record that was cut off', async () => {
    await ensureRunning(temporary.home, service('run'), silent).then(async ({ pid }) => {
      const identity = identify(pid);
      assert.ok(identity);
      await endProcess(identity, 5);
    });
    await writeFile(path.join(temporary.home.services, 'answerer.json'), '{"process":');
    await ensureRunning(temporary.home, service('run'), silent);
    assert.equal(await startCount(), 2);
    await rm(starts);
  });
});
