import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import type { Server } from '../cloud/port.js';
import { readServerMark } from '../cluster/names.js';
import { reachableAddress } from '../cluster/reachable-address.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { sshHostKeys, sshLoginKeys } from '../home/ssh-keys.js';
import { connectThroughProxy } from './proxy-connection.js';

/** cloud-init lets the key into this account on every image (boot/user-data.ts). */
const user = 'root';
const sshPort = 22;
const readyTimeoutMs = 15_000;

/** How the machines of a cluster are reached and known. */
export interface ShellAccess {
  spec: Pick<ClusterSpec, 'name' | 'network' | 'keyPair'>;
  rootSecret: Buffer;
  /** HTTP proxy (CONNECT) by which machines are reached, where they are not reached directly. */
  proxy?: string;
  /** The user's own key, where the cluster was brought up with one: its private half, or an agent that has it. */
  own?: { privateKey?: string; agent?: string };
}

/** What a command ended with. */
export interface CommandResult {
  code: number;
  output: string;
}

/** A command, or a shell, that runs on a machine. */
export interface RunningCommand {
  channel: ClientChannel;
  /** Resolves with the exit code when it has ended; with 255, as ssh has it, when the connection ended first. */
  exitCode: Promise<number>;
}

/**
 * A login on one machine: by the cluster's key, to a machine whose host key is the one it was given at its boot. A
 * machine without an address that is reached from here is reached through the master.
 */
export class MachineShell {
  private constructor(private readonly clients: readonly Client[]) {}

  /**
   * @param server the machine
   * @param master where the way may lead through
   * @throws Error when it is not reached, is not who it should be, or lets nobody in
   */
  static async open(access: ShellAccess, server: Server, master?: Server): Promise<MachineShell> {
    const addressOf = ({ addresses }: Server): string | undefined =>
      reachableAddress(addresses, access.spec.network.cidr, access.proxy !== undefined);
    const direct = addressOf(server);
    if (direct !== undefined) return new MachineShell([await logIn(access, server, direct)]);
    const inside = server.addresses[access.spec.network.label]?.[0];
    const front = master && addressOf(master);
    if (!inside || !master || front === undefined) {
      throw new Error(
        `${server.name} has no address that is reached from here, nor has the master; ` +
          'KUBEUP_MACHINE_PROXY may name an HTTP proxy that reaches them',
      );
    }
    const jump = await logIn(access, master, front);
    try {
      const channel = await forward(jump, inside);
      return new MachineShell([await logIn(access, server, inside, channel), jump]);
    } catch (error) {
      jump.end();
      throw error;
    }
  }

  /** Runs a command to its end; what it prints on either stream is the output, at most `maxBytes` of its end. */
  async run(command: string, maxBytes = 1 << 20): Promise<CommandResult> {
    const { channel, exitCode } = await this.start(command);
    let output = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      output = Buffer.concat([output, chunk]).subarray(-maxBytes);
    };
    channel.on('data', take);
    channel.stderr.on('data', take);
    return { code: await exitCode, output: output.toString('utf8') };
  }

  /** Starts a command; its streams are the caller's. */
  start(command: string): Promise<RunningCommand> {
    return new Promise((resolve, reject) => {
      this.target.exec(command, (error, channel) => {
        if (error) reject(error);
        else resolve({ channel, exitCode: exitCodeOf(channel) });
      });
    });
  }

  /** Starts a login shell on a terminal of this kind and size. */
  terminal(window: { term: string; rows: number; cols: number }): Promise<RunningCommand> {
    return new Promise((resolve, reject) => {
      this.target.shell(window, (error, channel) => {
        if (error) reject(error);
        else resolve({ channel, exitCode: exitCodeOf(channel) });
      });
    });
  }

  close(): void {
    for (const client of this.clients) client.end();
  }

  private get target(): Client {
    return this.clients[0]!;
  }
}

/** Listens at once: a short command's end can come in the same packet as its beginning. */
function exitCodeOf(channel: ClientChannel): Promise<number> {
  return new Promise((resolve) => {
    let code = 255;
    channel.on('exit', (ended: number | null) => {
      code = ended ?? 255;
    });
    channel.once('close', () => {
      resolve(code);
    });
  });
}

async function logIn(
  access: ShellAccess,
  server: Server,
  address: string,
  through?: ClientChannel,
): Promise<Client> {
  const { spec, rootSecret, proxy, own } = access;
  const bootId = readServerMark(server.metadata)?.bootId ?? '';
  const known = sshHostKeys(rootSecret, spec.name, bootId).publicKey.split(' ')[1];
  const sock = through ?? (proxy && (await connectThroughProxy(proxy, address, sshPort)));
  const config: ConnectConfig = {
    host: address,
    port: sshPort,
    username: user,
    readyTimeout: readyTimeoutMs,
    keepaliveInterval: 10_000,
    algorithms: { serverHostKey: ['ssh-ed25519'] },
    hostVerifier: (key: Buffer) => key.toString('base64') === known,
    ...(own ?? { privateKey: sshLoginKeys(rootSecret, spec.name).privateKey }),
    ...(sock && { sock }),
  };
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.once('ready', () => {
      resolve(client);
    });
    client.on('error', (error: Error) => {
      reject(
        new Error(`log in to ${server.name} (${address}): ${error.message}`, { cause: error }),
      );
    });
    client.connect(config);
  });
}

function forward(client: Client, address: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, address, sshPort, (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });
}
