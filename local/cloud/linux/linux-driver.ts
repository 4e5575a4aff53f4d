import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import path from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import pLimit, { type LimitFunction } from 'p-limit';
import { account } from '../account.js';
import type { ImageFiles } from '../images/image-files.js';
import type { MachineDriver } from '../machines/driver.js';
import { isPaused } from '../machines/tasks.js';
import { portsOfDevice, subnetsOf } from '../networking/port-store.js';
import type { PortRecord, ServerRecord } from '../records.js';
import type { State } from '../state.js';
import { Cgroups } from './cgroups.js';
import { writeConfigDrive } from './config-drive.js';
import { clearHost } from './leftovers.js';
import { changeDisk } from './machine-disk.js';
import { consoleFile, MachineProcesses, wantsReboot } from './machine-process.js';
import { HostNames } from './names.js';
import { connectIn, listenIn } from './namespace-sockets.js';
import type { PluggedPort } from './network-data.js';
import {
  namespaces,
  removeNamespace,
  SERVICE_ADDRESS,
  Switch,
  type PluggedServer,
} from './switch.js';
import { runCommand } from './run-command.js';

/** How often it is looked whether a machine has ended by itself, milliseconds. */
const LOOK_MS = 500;

/** How much of a console is read. */
const CONSOLE_BYTES = 256 * 1024;

/** Machines that really boot: a systemd of their own in namespaces, on one image, with the cloud's networks. */
export class LinuxDriver implements MachineDriver {
  private readonly folder: string;
  private readonly names: HostNames;
  private readonly cgroups: Cgroups;
  private readonly processes: MachineProcesses;
  private readonly switch: Switch;
  /** Those that are on, as far as is known. */
  private readonly on = new Set<string>();
  private readonly queues = new Map<string, LimitFunction>();
  private readonly switching = pLimit(1);
  private readonly listening = new Map<string, Server>();
  private look?: NodeJS.Timeout;
  private closed = false;

  /**
   * @param image folder of the root file system that every machine begins with
   * @param onConnection told of each connection that comes from a machine
   */
  constructor(
    private readonly state: State,
    image: string,
    private readonly imageFiles: ImageFiles,
    private readonly onConnection: (socket: Socket, networkId: string) => void,
    private readonly log: FastifyBaseLogger,
  ) {
    this.folder = path.join(path.resolve(state.dataDir), 'machines');
    this.names = new HostNames(path.resolve(state.dataDir));
    this.cgroups = new Cgroups(this.names.prefix);
    this.processes = new MachineProcesses(this.names, this.cgroups, image);
    this.switch = new Switch(state, this.names, (id) => this.listenOn(id));
  }

  async open(ended: (id: string) => void): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.removeStrays();
    await this.thawCopied();
    await this.switch.open();
    this.look = setInterval(() => {
      for (const id of [...this.on]) {
        if (this.processes.isRunning(id)) continue;
        this.on.delete(id);
        const server = this.state.servers.get(id);
        if (server === undefined || !wantsReboot(this.folderOf(id))) ended(id);
        else this.powerOn(server).catch(() => ended(id));
      }
    }, LOOK_MS);
    this.look.unref();
  }

  powerOn(server: ServerRecord): Promise<void> {
    return this.inTurn(server.id, async () => {
      if (server.guest === 'silent') return;
      if (this.processes.isRunning(server.id)) await this.follow();
      else {
        await this.plugAnew(server.id);
        this.writeDrive(server);
        await this.processes.makeDisk(
          this.folderOf(server.id),
          this.imageFiles.disk(server.imageId),
        );
        await this.processes.start(server.id, server.hostname, this.folderOf(server.id));
      }
      this.on.add(server.id);
    });
  }

  running(): void {
    // What it does now is its own business.
  }

  powerOff(id: string, how: 'orderly' | 'at once'): Promise<void> {
    return this.inTurn(id, async () => {
      this.on.delete(id);
      await this.processes.stop(id, how);
    });
  }

  pause(id: string): Promise<void> {
    return this.setPaused(id, true);
  }

  unpause(id: string): Promise<void> {
    return this.setPaused(id, false);
  }

  changeDisk(id: string, to: 'new' | 'rescue' | 'own'): Promise<void> {
    return this.inTurn(id, async () => {
      await changeDisk(this.folderOf(id), to);
      if (to === 'new') await rm(this.driveOf(id), { recursive: true, force: true });
    });
  }

  remove(id: string): Promise<void> {
    return this.inTurn(id, async () => {
      this.on.delete(id);
      await this.processes.stop(id, 'at once');
      await this.switching(() => removeNamespace(this.names.machine(id)));
      await this.follow();
      await rm(this.folderOf(id), { recursive: true, force: true, maxRetries: 3 });
      this.queues.delete(id);
    });
  }

  copyDisk(id: string, folder: string): Promise<void> {
    return this.inTurn(id, async () => {
      await this.processes.copyDisk(id, this.folderOf(id), folder);
      // Whoever looked meanwhile took it for paused, and pulled its cables.
      await this.follow();
    });
  }

  portsChanged(): void {
    if (this.closed) return;
    this.follow().catch((error: unknown) => {
      this.log.error({ err: error }, 'the switch could not follow the ports');
    });
  }

  consoleLines(id: string): string[] {
    const file = consoleFile(this.folderOf(id));
    if (!existsSync(file)) return [];
    const text = readFileSync(file).subarray(-CONSOLE_BYTES).toString('utf8');
    return text.replaceAll('\r', '').replace(/\n$/, '').split('\n');
  }

  /** Connects to a machine from the cloud's own place on the network of one of its ports. */
  connect({ networkId }: PortRecord, address: string, tcpPort: number): Promise<Socket> {
    return connectIn(this.names.network(networkId), address, tcpPort);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.look);
    const machines = [...this.on];
    await Promise.all(machines.map((id) => this.powerOff(id, 'orderly')));
    await Promise.all([...this.queues.values()].map((queue) => queue(() => undefined)));
    await this.switching(() => clearHost(this.state.dataDir));
    for (const server of this.listening.values()) server.close();
  }

  /** The kernel would answer for a machine that is held up: its cables are pulled as well. */
  private setPaused(id: string, paused: boolean): Promise<void> {
    return this.inTurn(id, async () => {
      await this.processes.pause(id, paused);
      await this.follow();
    });
  }

  /** What a process of the cloud that was killed has left of servers that are no more. */
  private async removeStrays(): Promise<void> {
    const isAlive = (id: string): boolean => {
      const server = this.state.servers.get(id);
      return server !== undefined && server.vmState !== 'deleted';
    };
    const known = this.state.servers.all().filter(({ id }) => isAlive(id));
    const groups = new Set(known.map(({ id }) => this.names.cgroup(id)));
    for (const group of this.cgroups.all().filter((one) => !groups.has(one))) {
      await this.cgroups.kill(group);
      this.cgroups.remove(group);
    }
    const own = new Set(known.map(({ id }) => this.names.machine(id)));
    const machines = this.names.machine('');
    for (const name of await namespaces()) {
      if (name.startsWith(machines) && !own.has(name)) await removeNamespace(name);
    }
    for (const id of await readdir(this.folder)) {
      if (!isAlive(id)) await rm(this.folderOf(id), { recursive: true, force: true });
    }
  }

  /** A process of the cloud that was killed while it copied a disk has left the machine held up. */
  private async thawCopied(): Promise<void> {
    for (const server of this.state.servers.all().filter((one) => !isPaused(one))) {
      await this.cgroups.freeze(this.names.cgroup(server.id), false);
    }
  }

  /** As a machine finds its interfaces when it boots: without an address, and nothing beside them. */
  private async plugAnew(id: string): Promise<void> {
    await this.switching(async () => {
      const namespace = this.names.machine(id);
      await removeNamespace(namespace);
      await runCommand('ip', ['netns', 'add', namespace]);
    });
    await this.follow();
  }

  private follow(): Promise<void> {
    return this.switching(async () => {
      await this.switch.follow(await this.pluggedServers());
      const present = new Set(await namespaces());
      for (const [id, server] of this.listening) {
        if (present.has(this.names.network(id))) continue;
        server.close();
        this.listening.delete(id);
      }
    });
  }

  /** A server's ports are plugged from its first boot until it is deleted, also while it is off. */
  private async pluggedServers(): Promise<PluggedServer[]> {
    const present = new Set(await namespaces());
    return this.state.servers
      .all()
      .filter(({ id, vmState }) => vmState !== 'deleted' && present.has(this.names.machine(id)))
      .map(({ id }) => ({ id, paused: this.processes.isPaused(id) }));
  }

  private writeDrive(server: ServerRecord): void {
    const input = this.state.serverInputs.get(server.id);
    if (input === undefined) throw new Error(`nothing is known of what ${server.id} was given`);
    const folder = this.driveOf(server.id);
    // Made once for a disk, as Nova's: what changes later is told by the metadata service alone.
    if (existsSync(folder)) return;
    const ports = portsOfDevice(this.state, server.id).flatMap((port): PluggedPort[] => {
      const network = this.state.networks.get(port.networkId);
      if (network === undefined) return [];
      return [{ port, network, subnets: subnetsOf(this.state, network.id) }];
    });
    writeConfigDrive(folder, server, input, ports, account(this.state).projectId);
  }

  private async listenOn(networkId: string): Promise<void> {
    if (this.listening.has(networkId)) return;
    const server = await listenIn(this.names.network(networkId), SERVICE_ADDRESS, 80);
    server.on('connection', (socket) => {
      this.onConnection(socket, networkId);
    });
    this.listening.set(networkId, server);
  }

  private inTurn(id: string, work: () => Promise<void>): Promise<void> {
    const queue = this.queues.get(id) ?? pLimit(1);
    this.queues.set(id, queue);
    return queue(work);
  }

  private folderOf(id: string): string {
    return path.join(this.folder, id);
  }

  private driveOf(id: string): string {
    return path.join(this.folderOf(id), 'config-drive');
  }
}
