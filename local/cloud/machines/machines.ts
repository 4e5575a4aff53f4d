import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import { addressesFor } from '../networking/port-addresses.js';
import { addPort, portsOfDevice } from '../networking/port-store.js';
import { PUBLIC_NET, type Profile } from '../profiles.js';
import type { PortRecord, ServerRecord, Transition } from '../records.js';
import type { State } from '../state.js';
import type { MachineDriver } from './driver.js';
import type { ShelvedImages } from './shelved-images.js';
import { isOn, isPaused, isShelved, isTask, isUp, TASKS } from './tasks.js';

/** How long things take, in milliseconds. */
export interface MachineTimes {
  /** Of a create: from what is checked to what is made. */
  createMs: number;
  /** From the create to ACTIVE. */
  buildMs: number;
  /** From the delete to 404. */
  deleteMs: number;
  /** Of a stop, a start, a reboot, or a step of what else is done to a server. */
  powerMs: number;
}

/** What happens by itself to servers: each step is written down with its time before it is due. */
export class Machines {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private closed = false;

  constructor(
    private readonly state: State,
    private readonly profile: Profile,
    private readonly driver: MachineDriver,
    private readonly shelvedImages: ShelvedImages,
    readonly times: MachineTimes,
    private readonly log: FastifyBaseLogger,
  ) {}

  /** Goes on with every server where the last process left it. */
  async resume(): Promise<void> {
    await this.driver.open((id) => {
      this.ended(id);
    });
    for (const server of this.state.servers.all()) {
      this.schedule(server);
      if (isOn(server) && server.next === null) void this.revive(server);
    }
  }

  /** What a machine has written to its console. */
  consoleLines(id: string): string[] {
    return this.driver.consoleLines(id);
  }

  /** Connects to a TCP port of a machine. */
  connect(port: PortRecord, address: string, tcpPort: number): Promise<Duplex> {
    return this.driver.connect(port, address, tcpPort);
  }

  /** Copies what a machine has written to its disk into a new folder; see {@link MachineDriver}. */
  copyDisk(id: string, folder: string): Promise<void> {
    return this.driver.copyDisk(id, folder);
  }

  /** Says that ports may have changed. */
  portsChanged(): void {
    this.driver.portsChanged();
  }

  /** Waits for a server's next step; call it after the transaction that wrote the step. */
  schedule(server: ServerRecord): void {
    const timer = this.timers.get(server.id);
    if (timer !== undefined) clearTimeout(timer);
    this.timers.delete(server.id);
    if (server.next === null || this.closed) return;
    const due = setTimeout(
      () => {
        this.timers.delete(server.id);
        void this.step(server.id);
      },
      Math.max(0, server.next.at - Date.now()),
    );
    this.timers.set(server.id, due);
  }

  /** Starts to stop, start or reboot a server. */
  power(id: string, taskState: PowerTask, step: 'stopped' | 'running'): void {
    this.background(id, this.driver.powerOff(id, howOff(taskState)));
    this.begin(id, taskState, step);
  }

  /**
   * Begins a task, which goes on by itself.
   * @param change what becomes of the server at once
   */
  begin(
    id: string,
    taskState: string,
    step: Transition['step'],
    change?: (server: ServerRecord) => void,
  ): void {
    this.change(id, (server) => {
      change?.(server);
      server.taskState = taskState;
      server.next = { step, at: Date.now() + this.times.powerMs };
    });
  }

  /** Starts to delete a server, whatever it is doing. */
  delete(id: string): void {
    this.background(id, this.driver.powerOff(id, 'at once'));
    const server = this.state.servers.get(id);
    if (server !== undefined && isShelved(server)) {
      this.background(id, this.shelvedImages.remove(server));
    }
    this.change(id, (server) => {
      if (server.taskState === 'deleting') return;
      server.taskState = 'deleting';
      server.progress = 0;
      server.next = { step: 'unplug', at: Date.now() + this.times.deleteMs / 2 };
    });
  }

  /** Forces a server into ERROR, for tests. */
  fail(id: string, message: string): void {
    this.background(id, this.driver.powerOff(id, 'at once'));
    this.change(id, (server) => {
      toError(server, message);
    });
  }

  /** Forces a server into any other state, for tests. */
  force(id: string, change: (server: ServerRecord) => void): void {
    this.change(id, change);
  }

  /** Removes a server at once and without a trace, as a lost host would, for tests. */
  async vanish(id: string): Promise<void> {
    await this.driver.remove(id);
    this.state.transaction(() => {
      this.unplug(id);
      this.state.servers.remove(id);
      this.state.serverInputs.remove(id);
    });
    const timer = this.timers.get(id);
    if (timer !== undefined) clearTimeout(timer);
    this.timers.delete(id);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    await this.driver.close();
  }

  private change(id: string, change: (server: ServerRecord) => void): void {
    const server = this.state.transaction(() => {
      const found = this.state.servers.get(id);
      if (found === undefined) return undefined;
      change(found);
      found.updatedAt = Date.now();
      this.state.servers.put(id, found);
      return found;
    });
    if (server !== undefined) this.schedule(server);
  }

  /** The driver's part of a step first: it is done again when the cloud dies before the step is written. */
  private async step(id: string): Promise<void> {
    const due = this.state.servers.get(id);
    if (due === undefined || due.next === null) return;
    const { step, at } = due.next;
    const isDue = (server: ServerRecord | undefined): boolean =>
      server?.next?.step === step && server.next.at === at;
    try {
      await this.drive(due, step);
    } catch (error) {
      if (this.closed || !isDue(this.state.servers.get(id))) return;
      this.log.error({ server: id, err: error }, 'a machine did not do as it should');
      this.fail(id, aborted(id, error));
      return;
    }
    if (this.closed) return;
    try {
      this.change(id, (server) => {
        if (isDue(server)) this.apply(server, step);
      });
    } catch (error) {
      this.log.error({ server: id, err: error }, 'a step of a server failed');
      this.fail(
        id,
        'Build of instance aborted: Failed to allocate the network(s), not rescheduling.',
      );
      return;
    }
    const server = this.state.servers.get(id);
    if (server !== undefined && isUp(server) && server.next === null) this.driver.running(server);
  }

  private async drive(server: ServerRecord, step: Transition['step']): Promise<void> {
    if (isTask(step)) await TASKS[step].drive?.(this.driver, server, this.shelvedImages);
    else if (step === 'finish') await this.driver.powerOn(server);
    else if (step === 'stopped') await this.driver.powerOff(server.id, howOff(server.taskState));
    else if (step === 'running') {
      if (server.taskState !== 'powering-on') {
        await this.driver.powerOff(server.id, howOff(server.taskState));
      }
      await this.driver.powerOn(server);
    } else if (step === 'unplug') await this.driver.remove(server.id);
  }

  /** A machine that should be on, as far as the last process of the cloud knew. */
  private async revive(server: ServerRecord): Promise<void> {
    try {
      await this.driver.powerOn(server);
      if (isPaused(server)) await this.driver.pause(server.id);
    } catch (error) {
      this.log.error({ server: server.id, err: error }, 'a machine does not come up again');
      if (!this.closed) this.fail(server.id, aborted(server.id, error));
      return;
    }
    if (!this.closed && isUp(server)) this.driver.running(server);
  }

  /** As Nova, when it finds a machine off that it believes on: some states it leaves to whoever made them. */
  private ended(id: string): void {
    if (this.closed) return;
    this.change(id, (server) => {
      if (server.taskState !== null && !server.taskState.startsWith('image_')) return;
      server.powerState = 4;
      if (server.vmState === 'active' || server.vmState === 'paused') server.vmState = 'stopped';
    });
  }

  private background(id: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.log.error({ server: id, err: error }, 'what was begun for a server fails');
    });
  }

  private apply(server: ServerRecord, step: Transition['step']): void {
    server.next = null;
    if (isTask(step)) {
      const { apply, boots } = TASKS[step];
      const next = apply(server, { hostId: this.hostId(), images: this.shelvedImages });
      if (next !== undefined) server.next = { step: next, at: Date.now() + this.times.powerMs };
      if (boots && server.powerState === 1) this.booted(server);
    } else if (step === 'network') this.toNetworking(server);
    else if (step === 'spawn') this.toSpawning(server);
    else if (step === 'finish') this.toActive(server);
    else if (step === 'fail') toError(server, NO_VALID_HOST);
    else if (step === 'stopped') {
      Object.assign(server, { vmState: 'stopped', taskState: null, powerState: 4 });
    } else if (step === 'running') this.toActive(server);
    else if (step === 'unplug') {
      this.unplug(server.id);
      server.next = { step: 'gone', at: Date.now() + this.times.deleteMs / 2 };
    } else this.toDeleted(server);
  }

  private toNetworking(server: ServerRecord): void {
    server.taskState = 'networking';
    server.hostId = this.hostId();
    server.availabilityZone = 'nova';
    server.next = { step: 'spawn', at: Date.now() + server.buildMs * 0.2 };
  }

  private toSpawning(server: ServerRecord): void {
    for (const wanted of server.requestedNetworks) {
      const port = wanted.portId === undefined ? undefined : this.state.ports.get(wanted.portId);
      const bound = { deviceId: server.id, deviceOwner: 'compute:nova' };
      if (port !== undefined) {
        if (port.deviceId !== server.id) throw new Error(`port ${port.id} is another server's`);
        this.state.ports.put(port.id, { ...port, ...bound, updatedAt: Date.now() });
        continue;
      }
      const { networkId, fixedIp } = wanted;
      const fixedIps = addressesFor(
        this.state,
        networkId,
        fixedIp === undefined ? undefined : [{ ip_address: fixedIp }],
      );
      addPort(this.state, {
        ...bound,
        networkId,
        fixedIps,
        securityGroups: server.securityGroups,
        madeByCompute: true,
      });
    }
    server.taskState = 'spawning';
    if (server.buildEnd === 'active') {
      server.next = { step: 'finish', at: Date.now() + server.buildMs * 0.5 };
    }
  }

  private toActive(server: ServerRecord): void {
    Object.assign(server, { vmState: 'active', taskState: null, powerState: 1, fault: null });
    this.booted(server);
  }

  private booted(server: ServerRecord): void {
    const now = Date.now();
    for (const port of portsOfDevice(this.state, server.id)) {
      this.state.ports.put(port.id, {
        ...port,
        status: 'ACTIVE',
        updatedAt: now,
        revision: port.revision + 1,
      });
    }
    server.launchedAt ??= now;
    server.boots += 1;
    if (this.profile.name === 'rackspace') {
      server.progress = 100;
      const onPublic = portsOfDevice(this.state, server.id).find(
        (port) => port.networkId === PUBLIC_NET,
      );
      server.accessIPv4 ||= onPublic?.fixedIps[0]?.ip ?? '';
    }
    if (server.guest === 'finished') server.guest = 'pending';
  }

  private hostId(): string {
    return createHash('sha224').update(`${this.profile.name}-host`).digest('hex');
  }

  private toDeleted(server: ServerRecord): void {
    Object.assign(server, { vmState: 'deleted', taskState: null, powerState: 0 });
    server.terminatedAt = Date.now();
    this.state.serverInputs.remove(server.id);
    this.state.console.removeUnder(server.id);
  }

  private unplug(id: string): void {
    for (const port of portsOfDevice(this.state, id)) {
      if (port.madeByCompute) this.state.ports.remove(port.id);
      else {
        this.state.ports.put(port.id, {
          ...port,
          deviceId: '',
          deviceOwner: '',
          status: 'DOWN',
          updatedAt: Date.now(),
        });
      }
    }
  }
}

/** What is being done to a server's power, in Nova's words. */
export type PowerTask = 'powering-off' | 'powering-on' | 'rebooting' | 'rebooting_hard';

function howOff(taskState: string | null): 'orderly' | 'at once' {
  return taskState === 'powering-off' || taskState === 'rebooting' ? 'orderly' : 'at once';
}

function aborted(id: string, error: unknown): string {
  return `Build of instance ${id} aborted: ${error instanceof Error ? error.message : 'unknown'}`;
}

/** What Nova says of a build that the scheduler found no place for. */
export const NO_VALID_HOST = 'No valid host was found. There are not enough hosts available.';

function toError(server: ServerRecord, message: string): void {
  Object.assign(server, { vmState: 'error', taskState: null, next: null });
  server.fault = { code: 500, created: Date.now(), message };
}
