import type { Duplex } from 'node:stream';
import type { PortRecord, ServerRecord } from '../records.js';

/**
 * What makes machines of servers. {@link Machines} says when, a driver how.
 *
 * Every method may be called again at any time, as after a crash of the cloud: what is so already is left as it is.
 * Calls about one server are carried out in their order.
 */
export interface MachineDriver {
  /**
   * Powers a server's machine on, making it first when there is none; resolves when it runs. Its ports are in the
   * state. What it rejects with becomes the server's fault.
   */
  powerOn(server: ServerRecord): Promise<void>;
  /** The server is up: its machine may now be seen through the API. */
  running(server: ServerRecord): void;
  /** Powers a machine off: `orderly` asks its system to end first. */
  powerOff(id: string, how: 'orderly' | 'at once'): Promise<void>;
  /** Stops a running machine in the middle of what it does; `unpause` lets it go on from there. */
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /**
   * Changes the disk that a machine, which is off, boots from next: to a `new` one instead of its own, to a new one
   * for a `rescue` while its own is kept, or back to its `own`.
   */
  changeDisk(id: string, to: 'new' | 'rescue' | 'own'): Promise<void>;
  /** Powers a machine off at once and removes all of it; its ports are still in the state. */
  remove(id: string): Promise<void>;
  /**
   * Copies what a machine has written to its disk, as it is at one moment.
   * @param folder of the copy, made here; machines without a disk make none
   */
  copyDisk(id: string, folder: string): Promise<void>;
  /** Takes note of changed ports of running machines. */
  portsChanged(): void;
  /**
   * Connects to a TCP port of a machine, from outside its networks.
   * @param port the one that has the address
   */
  connect(port: PortRecord, address: string, tcpPort: number): Promise<Duplex>;
  /** What the machine has written to its console, its last lines at least. */
  consoleLines(id: string): string[];
  /**
   * Goes on after the last process of the cloud: what it left that belongs to no server is removed.
   * @param ended told of each machine that powered off by itself
   */
  open(ended: (id: string) => void): Promise<void>;
  /** Ends all machines; they go on at the next start. */
  close(): Promise<void>;
}
