import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort, { clearLockedPorts } from 'get-port';
import type { HomePaths } from '../home/paths.js';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';
import { isRunning, readRecord, writeRecord, type ServiceRecord } from './service-record.js';
import { withServiceLock } from './service-lock.js';
import type { Log } from './service-types.js';

/** How one service is run in the background. */
export interface BackgroundService {
  /** Names its record, its lock and its log. */
  name: string;
  /** What it is called towards people. */
  title: string;
  /** Ports it listens on, by use, each with the one it usually has. */
  usualPorts: Record<string, number>;
  /** Whether its addresses stand in places that outlive it: then another port would not do. */
  keepsPorts?: boolean;
  /** What it is started with; when it differs from what runs, that is ended and started again. */
  inputs: Record<string, string>;
  /** Seconds it has to answer, and seconds it has to end once told to. */
  startSeconds: number;
  stopSeconds: number;
  command(ports: Record<string, number>): Promise<BackgroundCommand>;
  /** Whether it answers by now. May reject while it does not. */
  answers(running: RunningService): Promise<boolean>;
}

export interface BackgroundCommand {
  file: string;
  /** Anyone on this machine can read them: never a secret. */
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
}

export interface RunningService {
  pid: number;
  ports: Record<string, number>;
  /** What it has printed since it was started. */
  output(): string;
}

/**
 * Finds the service running, or starts it with the ports it had before; waits until it answers.
 * However many processes ask at once, one is started.
 *
 * @throws Error with the end of its log when it ends at its start or does not answer in time
 */
export async function ensureRunning(
  home: HomePaths,
  service: BackgroundService,
  log: Log,
): Promise<RunningService> {
  return withServiceLock(home, service.name, async () => {
    const record = await readRecord(home, service.name);
    if (isRunning(record)) {
      const changed = changedInput(record.inputs, service.inputs);
      if (changed === undefined) {
        try {
          return await untilItAnswers(home, service, record, record.process, log);
        } catch (error) {
          // A process that was just killed may have looked alive.
          if (!(error instanceof EndedAtStart)) throw error;
        }
      } else {
        log(`${service.title}: its ${changed} changed, so it is started again`);
        await endProcess(record.process, service.stopSeconds);
      }
    }
    return startOnFreePorts(home, service, record?.ports ?? {}, log);
  });
}

/** Tells a process to end, and makes it end when it has not done so in time. */
export async function endProcess(process_: ProcessIdentity, seconds: number): Promise<void> {
  for (const [signal, wait] of [
    ['SIGTERM', seconds],
    ['SIGKILL', 10],
  ] as const) {
    if (!isAlive(process_)) return;
    try {
      process.kill(process_.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    const deadline = Date.now() + wait * 1000;
    while (isAlive(process_) && Date.now() < deadline) await sleep(25);
  }
}

/** Between choosing a port and listening on it another process may take it: then it is done again. */
async function startOnFreePorts(
  home: HomePaths,
  service: BackgroundService,
  lastPorts: Record<string, number>,
  log: Log,
): Promise<RunningService> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(home, service, lastPorts, log);
    } catch (error) {
      const portTaken = error instanceof EndedAtStart && portTakenText.test(error.output);
      if (!portTaken || attempt === 3) throw error;
    }
  }
}

const portTakenText = /EADDRINUSE|address already in use/;

class EndedAtStart extends Error {
  readonly output: string;

  constructor(title: string, file: string, output: string) {
    super(`${title} ended at its start. The end of ${file}:\n${tail(output)}`);
    this.name = 'EndedAtStart';
    this.output = output;
  }
}

async function start(
  home: HomePaths,
  service: BackgroundService,
  lastPorts: Record<string, number>,
  log: Log,
): Promise<RunningService> {
  const ports = await freePorts(lastPorts, service);
  const command = await service.command(ports);
  const file = logFile(home, service.name);
  mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  const output = openSync(file, 'a', 0o600);
  const begin = statSync(file).size;
  const child = spawn(command.file, command.args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: command.env,
    cwd: command.cwd,
  });
  closeSync(output);
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  failed.catch(() => undefined);
  const running = child.pid === undefined ? undefined : identify(child.pid);
  if (!running) {
    await Promise.race([failed, sleep(1000)]);
    throw new EndedAtStart(service.title, file, readFrom(file, begin));
  }
  const record: ServiceRecord = {
    process: running,
    ports,
    inputs: service.inputs,
    logBegin: begin,
    startedAt: new Date().toISOString(),
  };
  writeRecord(home, service.name, record);
  child.unref();
  return untilItAnswers(home, service, record, running, log);
}

/** The ports of last time, else the usual ones, else any that are free. */
async function freePorts(
  last: Record<string, number>,
  { title, usualPorts, keepsPorts }: BackgroundService,
): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const [use, usualPort] of Object.entries(usualPorts)) {
    const lastPort = last[use];
    const again = lastPort === undefined ? undefined : await soonFree(lastPort);
    if (lastPort !== undefined && again === undefined && keepsPorts) {
      throw new Error(
        `${title}: port ${lastPort} of 127.0.0.1, which it had before and must have again, is taken by another ` +
          'process. End that one, then try again; or begin a new home by KUBEUP_HOME.',
      );
    }
    ports[use] = again ?? (await getPort({ host: '127.0.0.1', port: usualPort }));
  }
  return ports;
}

/** A killed process can hold its ports for a moment after it counts as dead. */
async function soonFree(port: number): Promise<number | undefined> {
  const deadline = Date.now() + 2000;
  while ((await getPort({ host: '127.0.0.1', port })) !== port) {
    if (Date.now() > deadline) return undefined;
    await sleep(50);
    clearLockedPorts();
  }
  return port;
}

async function untilItAnswers(
  home: HomePaths,
  service: BackgroundService,
  record: ServiceRecord,
  process_: ProcessIdentity,
  log: Log,
): Promise<RunningService> {
  const file = logFile(home, service.name);
  const begin = record.logBegin;
  const running = { pid: process_.pid, ports: record.ports, output: () => readFrom(file, begin) };
  const deadline = Date.now() + service.startSeconds * 1000;
  let refusal: unknown;
  let said = false;
  for (;;) {
    if (await service.answers(running).catch((error: unknown) => void (refusal = error))) {
      return running;
    }
    if (!isAlive(process_)) throw new EndedAtStart(service.title, file, readFrom(file, begin));
    if (!said) log(`${service.title}: starting (log: ${file})`);
    said = true;
    if (Date.now() > deadline) {
      await endProcess(process_, service.stopSeconds);
      throw new Error(
        `${service.title} (pid ${process_.pid}) did not answer within ${service.startSeconds} s` +
          `${refusal instanceof Error ? ` (${refusal.message})` : ''}, so it was ended. ` +
          `The end of ${file}:\n${tail(readFrom(file, begin))}`,
      );
    }
    await sleep(50);
  }
}

function changedInput(
  before: Record<string, string>,
  now: Record<string, string>,
): string | undefined {
  return Object.keys(now).find((key) => before[key] !== now[key]);
}

function logFile(home: HomePaths, name: string): string {
  return path.join(home.logs, `${name}.log`);
}

function readFrom(file: string, begin: number): string {
  return readFileSync(file).subarray(begin).toString('utf8');
}

function tail(output: string): string {
  return output.trimEnd().split('\n').slice(-20).join('\n') || '(it is empty)';
}
