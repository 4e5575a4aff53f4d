import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { MACHINE_ENV_PATH, parseMachineEnv } from './machine-env.js';
import { INSTALLERS, listRelease } from './release-archive.js';
import { failedReportBody, reportContentType, type ReportState } from './report.js';

/** What the local cloud gives a simulated machine at its boot. */
export interface GuestMachine {
  userData: Buffer;
  metaData: {
    uuid: string;
    name: string;
    hostname: string;
    meta: Record<string, string>;
    public_keys: Record<string, string>;
  };
  /** By network name. */
  addresses: Record<string, string[]>;
  console(line: string): void;
  /** Aborted when the machine is deleted or stopped, and when the cloud shuts down. */
  signal: AbortSignal;
}

/** What ends a boot as `failed`; the message is the report's first line. */
class BootFailure extends Error {}

/**
 * The guest program of a simulated machine: does what boot/machine.sh does, with the same words, as far as that goes
 * without a machine. It makes no pod network, unpacks nothing and runs no installer. Resolves when the machine has
 * reported `ready` or `failed`; rejects when it was aborted. May be run again at any time.
 */
export async function boot(machine: GuestMachine, pause: Pause = sleepSeconds): Promise<void> {
  const environment = readMachineEnv(machine.userData);
  if (environment === undefined) {
    machine.console(`no ${MACHINE_ENV_PATH} in the user-data: nothing to do`);
    return;
  }
  await new SimulatedBoot(machine, environment, pause).run();
}

/** The variables that the cloud-config would have written for the start script. */
function readMachineEnv(userData: Buffer): Record<string, string> | undefined {
  const text = userData.toString();
  if (!text.startsWith('#cloud-config\n')) return undefined;
  const config = parse(text, { version: '1.1' }) as {
    write_files?: { path?: unknown; content?: unknown }[];
  } | null;
  const content = config?.write_files?.find((file) => file.path === MACHINE_ENV_PATH)?.content;
  return typeof content === 'string' ? parseMachineEnv(content) : undefined;
}

class SimulatedBoot {
  readonly #log: string[] = [];

  constructor(
    readonly machine: GuestMachine,
    readonly environment: Record<string, string>,
    readonly pause: Pause,
  ) {}

  async run(): Promise<void> {
    const role = this.#variable('KUBEUP_ROLE');
    this.#say(
      `${this.#variable('KUBEUP_NAME')}: ${role} ${this.#variable('KUBEUP_INDEX')} ` +
        `of cluster ${this.#variable('KUBEUP_CLUSTER')} (simulated)`,
    );
    try {
      await this.#report('booting');
      await this.#report('downloading');
      await this.#checkRelease(role === 'master' ? INSTALLERS.master : INSTALLERS.minion);
      await this.#report('installing');
      await this.#report('ready');
    } catch (error) {
      this.machine.signal.throwIfAborted();
      const reason = error instanceof BootFailure ? error.message : `unexpected: ${String(error)}`;
      this.#say(`failed: ${reason}`);
      await this.#report('failed', failedReportBody(reason, `${this.#log.join('\n')}\n`));
    }
  }

  #variable(name: string): string {
    const value = this.environment[name];
    if (value === undefined) throw new BootFailure(`${MACHINE_ENV_PATH} has no ${name}`);
    return value;
  }

  #say(line: string): void {
    const stamped = `${new Date().toISOString().replace(/\.\d+Z$/, 'Z')} ${line}`;
    this.#log.push(stamped);
    this.machine.console(stamped);
  }

  /** A report that does not get through never fails the boot. */
  async #report(state: ReportState, body?: string): Promise<void> {
    const text =
      body ?? `${this.#variable('KUBEUP_NAME')} ${state} since ${new Date().toISOString()}\n`;
    for (const pauseSeconds of [1, 2, 4, 8, 0]) {
      let answer = 'none';
      try {
        const response = await fetch(this.#variable('KUBEUP_REPORT_URL'), {
          method: 'PUT',
          headers: { 'content-type': reportContentType(state) },
          body: text,
          signal: AbortSignal.any([this.machine.signal, AbortSignal.timeout(30_000)]),
        });
        await response.body?.cancel();
        if (response.ok) {
          this.#say(`reported ${state}`);
          return;
        }
        if ([401, 403, 404].includes(response.status)) {
          this.#say(`report ${state} refused: HTTP ${response.status}`);
          return;
        }
        answer = String(response.status);
      } catch {
        this.machine.signal.throwIfAborted();
      }
      this.#say(`report ${state} did not get through: HTTP ${answer}`);
      await this.pause(pauseSeconds, this.machine.signal);
    }
  }

  async #checkRelease(installer: string): Promise<void> {
    const expectedBytes = Number(this.#variable('KUBEUP_RELEASE_BYTES'));
    const expectedSha256 = this.#variable('KUBEUP_RELEASE_SHA256');
    const hash = createHash('sha256');
    const progress = { bytes: 0 };
    const contents = await listRelease(this.#download(expectedBytes, progress, hash));
    if (progress.bytes !== expectedBytes) {
      throw new BootFailure(`release refused: ${progress.bytes} bytes, expected ${expectedBytes}`);
    }
    const sha256 = hash.digest('hex');
    if (sha256 !== expectedSha256) {
      throw new BootFailure(`release refused: sha256 ${sha256}, expected ${expectedSha256}`);
    }
    if (contents.problem !== undefined) {
      throw new BootFailure(`release refused: ${contents.problem}`);
    }
    if (!contents.installers.includes(installer)) {
      throw new BootFailure(`release refused: no executable ${installer} in it`);
    }
    this.#say(`release ${expectedSha256.slice(0, 12)} is right: ${expectedBytes} bytes`);
  }

  /** The release's bytes, once each: goes on where the last try ended; ten in a row without progress are too many. */
  async *#download(
    expectedBytes: number,
    progress: { bytes: number },
    hash: { update(chunk: Buffer): unknown },
  ): AsyncGenerator<Buffer> {
    for (let tries = 0; progress.bytes !== expectedBytes;) {
      const before = progress.bytes;
      let answer = 'none';
      try {
        const response = await fetch(this.#variable('KUBEUP_RELEASE_URL'), {
          headers: before > 0 ? { range: `bytes=${before}-` } : {},
          signal: this.machine.signal,
        });
        answer = String(response.status);
        if (response.ok && response.body !== null) {
          // Without ranges the answer begins anew: what went by already is skipped.
          let skip = response.status === 206 ? 0 : before;
          for await (const received of response.body as AsyncIterable<Uint8Array>) {
            const chunk = Buffer.from(received.subarray(Math.min(skip, received.length)));
            skip -= received.length - chunk.length;
            hash.update(chunk);
            progress.bytes += chunk.length;
            yield chunk;
          }
          return;
        }
        await response.body?.cancel();
        if (isFinal(response.status)) {
          throw new BootFailure(`release download failed: HTTP ${response.status}`);
        }
      } catch (error) {
        this.machine.signal.throwIfAborted();
        if (error instanceof BootFailure) throw error;
      }
      this.#say(`release download: ${progress.bytes} of ${expectedBytes} bytes, HTTP ${answer}`);
      tries = progress.bytes > before ? 1 : tries + 1;
      if (tries >= 10) {
        throw new BootFailure('release download failed: no complete answer in 10 tries');
      }
      await this.pause(tries < 5 ? 2 ** (tries - 1) : 30, this.machine.signal);
    }
  }
}

/** Waits between two tries; rejects when the signal is aborted. */
export type Pause = (seconds: number, signal: AbortSignal) => Promise<void>;

async function sleepSeconds(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal });
}

/** Answers that another try does not change. */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && ![408, 416, 425, 429].includes(status);
}
