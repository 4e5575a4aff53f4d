import { createHash } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import { addPort, allocateAddresses, portsOfDevice } from '../networking/port-store.js';
import { PUBLIC_NET, type Profile } from '../profiles.js';
import type { ServerRecord, Transition } from '../records.js';
import type { State } from '../state.js';
import type { Guests } from './guests.js';

/** How long things take, in milliseconds. */
export interface MachineTimes {
  /** From the create to ACTIVE. */
  buildMs: number;
  /** From the delete to 404. */
  deleteMs: number;
  /** Of a stop, a start or a reboot. */
  powerMs: number;
}

/** What happens by itself to servers: each step is written down with its time before it is due. */
export class Machines {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private closed = false;

  constructor(
    private readonly state: State,
    private readonly profile: Profile,
    private readonly guests: Guests,
    readonly times: MachineTimes,
    private readonly log: FastifyBaseLogger,
  ) {}

  /** Goes on with every server where the last process left it. */
  resume(): void {
    for (const server of this.state.servers.all()) {
      this.schedule(server);
      if (server.vmState === 'active' && server.guest === 'pending') this.guests.run(server);
    }
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
        this.step(server.id);
      },
      Math.max(0, server.next.at - Date.now()),
    );
    this.timers.set(server.id, due);
  }

  /** Starts to stop, start or reboot a server; the guest program ends at once. */
  power(id: string, taskState: string, step: 'stopped' | 'running'): void {
    this.guests.abort(id);
    this.change(id, (server) => {
      server.taskState = taskState;
      server.next = { step, at: Date.now() + this.times.powerMs };
    });
  }

  /** Starts to delete a server, whatever it is doing. */
  delete(id: string): void {
    this.guests.abort(id);
    this.change(id, (server) => {
      if (server.taskState === 'deleting') return;
      server.taskState = 'deleting';
      server.progress = 0;
      server.next = { step: 'unplug', at: Date.now() + this.times.deleteMs / 2 };
    });
  }

  /** Forces a server into ERROR, for tests. */
  fail(id: string, message: string): void {
    this.guests.abort(id);
    this.change(id, (server) => {
      toError(server, message);
    });
  }

  /** Forces a server into any other state, for tests. */
  force(id: string, change: (server: ServerRecord) => void): void {
    this.change(id, change);
  }

  /** Removes a server at once and without a trace, as a lost host would, for tests. */
  vanish(id: string): void {
    this.guests.abort(id);
    this.state.transaction(() => {
      this.unplug(id);
      this.state.servers.remove(id);
      this.state.serverInputs.remove(id);
    });
    const timer = this.timers.get(id);
    if (timer !== undefined) clearTimeout(timer);
    this.timers.delete(id);
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.guests.abortAll();
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

  private step(id: string): void {
    try {
      this.change(id, (server) => {
        const { next } = server;
        if (next !== null) this.apply(server, next);
      });
    } catch (error) {
      this.log.error({ server: id, err: error }, 'a step of a server failed');
      this.fail(
        id,
        'Build of instance aborted: Failed to allocate the network(s), not rescheduling.',
      );
    }
    const server = this.state.servers.get(id);
    if (server?.vmState === 'active' && server.next === null && server.guest === 'pending') {
      this.guests.run(server);
    }
  }

  private apply(server: ServerRecord, { step }: Transition): void {
    server.next = null;
    if (step === 'network') this.toNetworking(server);
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
    server.hostId = createHash('sha224').update(`${this.profile.name}-host`).digest('hex');
    server.availabilityZone = 'nova';
    server.next = { step: 'spawn', at: Date.now() + server.buildMs * 0.2 };
  }

  private toSpawning(server: ServerRecord): void {
    for (const wanted of server.requestedNetworks) {
      const port = wanted.portId === undefined ? undefined : this.state.ports.get(wanted.portId);
      const bound = { deviceId: server.id, deviceOwner: 'compute:nova' };
      if (port !== undefined) {
        this.state.ports.put(port.id, { ...port, ...bound, updatedAt: Date.now() });
        continue;
      }
      const fixedIps = allocateAddresses(this.state, wanted.networkId);
      if (wanted.fixedIp !== undefined) {
        fixedIps[0] = { subnetId: fixedIps[0]?.subnetId ?? '', ip: wanted.fixedIp };
      }
      addPort(this.state, {
        ...bound,
        networkId: wanted.networkId,
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
    const now = Date.now();
    for (const port of portsOfDevice(this.state, server.id)) {
      this.state.ports.put(port.id, {
        ...port,
        status: 'ACTIVE',
        updatedAt: now,
        revision: port.revision + 1,
      });
    }
    Object.assign(server, { vmState: 'active', taskState: null, powerState: 1, fault: null });
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

/** What Nova says of a build that the scheduler found no place for. */
export const NO_VALID_HOST = 'No valid host was found. There are not enough hosts available.';

function toError(server: ServerRecord, message: string): void {
  Object.assign(server, { vmState: 'error', taskState: null, next: null });
  server.fault = { code: 500, created: Date.now(), message };
}
