import type { FastifyBaseLogger } from 'fastify';
import pLimit, { type LimitFunction } from 'p-limit';
import { portsOfDevice } from '../networking/port-store.js';
import type { ServerRecord } from '../records.js';
import type { State } from '../state.js';
import type { MachineDriver } from './driver.js';
import type { Boot, GuestMachine } from './guest-program.js';

/** How many console lines of a machine are kept. */
const CONSOLE_LINES = 2000;

/** Machines that are nothing but a guest program, run when they boot, a bounded number at once. */
export class SimulatedDriver implements MachineDriver {
  private readonly guests = new Map<string, AbortController>();
  private readonly limit: LimitFunction;

  /** @param boot without it machines have nothing to run, and only become ACTIVE */
  constructor(
    private readonly state: State,
    private readonly boot: Boot | undefined,
    concurrency: number,
    private readonly log: FastifyBaseLogger,
  ) {
    this.limit = pLimit(concurrency);
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  powerOn(): Promise<void> {
    return Promise.resolve();
  }

  /** Runs the guest program; it is finished once, unless the machine boots again. */
  running(server: ServerRecord): void {
    const { boot } = this;
    if (boot === undefined || server.guest !== 'pending' || this.guests.has(server.id)) return;
    const controller = new AbortController();
    this.guests.set(server.id, controller);
    void this.limit(async () => {
      if (controller.signal.aborted) return;
      await this.runGuest(boot, server, controller);
    }).finally(() => {
      if (this.guests.get(server.id) === controller) this.guests.delete(server.id);
    });
  }

  powerOff(id: string): Promise<void> {
    const controller = this.guests.get(id);
    this.guests.delete(id);
    controller?.abort();
    return Promise.resolve();
  }

  /** A guest program cannot be held up: it ends, and runs anew afterwards unless it was finished. */
  pause(id: string): Promise<void> {
    return this.powerOff(id);
  }

  unpause(): Promise<void> {
    return Promise.resolve();
  }

  changeDisk(): Promise<void> {
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    return this.powerOff(id);
  }

  copyDisk(): Promise<void> {
    return Promise.resolve();
  }

  portsChanged(): void {
    // A guest program knows of no network.
  }

  connect(): Promise<never> {
    return Promise.reject(new Error('machines are simulated here: nothing listens on them'));
  }

  consoleLines(id: string): string[] {
    return [...this.state.console.under(id)].map(({ value }) => value);
  }

  async close(): Promise<void> {
    await Promise.all([...this.guests.keys()].map((id) => this.powerOff(id)));
  }

  private async runGuest(
    boot: Boot,
    server: ServerRecord,
    controller: AbortController,
  ): Promise<void> {
    const machine = this.machine(server, controller.signal);
    if (machine === undefined) return;
    machine.console(`[    0.000000] Booting ${server.name}`);
    try {
      await boot(machine);
    } catch (error) {
      if (controller.signal.aborted) return;
      machine.console(
        `guest program failed: ${error instanceof Error ? error.message : 'unknown'}`,
      );
      this.log.warn({ server: server.id }, 'a guest program failed');
    }
    if (!controller.signal.aborted) this.finish(server);
  }

  private finish(booted: ServerRecord): void {
    this.state.transaction(() => {
      const server = this.state.servers.get(booted.id);
      if (server?.boots !== booted.boots) return;
      if (server.guest === 'pending')
        this.state.servers.put(server.id, { ...server, guest: 'finished' });
    });
  }

  private machine(server: ServerRecord, signal: AbortSignal): GuestMachine | undefined {
    const input = this.state.serverInputs.get(server.id);
    if (input === undefined) return undefined;
    return {
      userData: Buffer.from(input.userData ?? '', 'base64'),
      metaData: {
        uuid: server.id,
        name: server.name,
        hostname: `${server.hostname}.novalocal`,
        meta: server.metadata,
        public_keys: input.publicKeys,
      },
      addresses: this.addresses(server.id),
      files: input.personality.map(({ path, contents }) => ({
        path,
        contents: Buffer.from(contents, 'base64'),
      })),
      console: (line) => {
        if (!signal.aborted) this.writeConsole(server.id, line);
      },
      signal,
    };
  }

  private addresses(serverId: string): Record<string, string[]> {
    const addresses: Record<string, string[]> = {};
    for (const port of portsOfDevice(this.state, serverId)) {
      const name = this.state.networks.get(port.networkId)?.name ?? port.networkId;
      (addresses[name] ??= []).push(...port.fixedIps.map(({ ip }) => ip));
    }
    return addresses;
  }

  private writeConsole(serverId: string, line: string): void {
    this.state.transaction(() => {
      const number = this.state.nextNumber();
      this.state.console.put([serverId, number], line);
      if (number % 256 === 0) {
        const lines = [...this.state.console.under(serverId)];
        for (const { key } of lines.slice(0, -CONSOLE_LINES)) this.state.console.remove(key);
      }
    });
  }
}
