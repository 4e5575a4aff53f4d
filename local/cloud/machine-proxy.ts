import type { IncomingMessage, Server } from 'node:http';
import { pipeline, type Duplex } from 'node:stream';
import type { Cloud } from './cloud.js';
import type { PortRecord } from './records.js';

/**
 * Lets this host's programs reach machines: the cloud is an HTTP proxy towards them (`CONNECT address:port`), for
 * their networks are none of the host's.
 *
 * @param isFromMachine whether a connection came from a machine: those have networks of their own, and no proxy
 */
export function proxyToMachines(
  server: Server,
  cloud: Cloud,
  isFromMachine: (socket: Duplex) => boolean,
): void {
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy());
    const refuse = (status: string, reason: string): void => {
      client.end(
        `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${reason}\n`,
      );
    };
    if (isFromMachine(client)) {
      refuse('403 Forbidden', 'no proxy for machines');
      return;
    }
    const [, address = '', tcpPort = ''] = /^([\d.]+):(\d+)$/.exec(request.url ?? '') ?? [];
    const [port, ...others] = portsAt(cloud, address);
    if (port === undefined) {
      refuse('502 Bad Gateway', `no machine has the address ${request.url ?? ''}`);
      return;
    }
    if (others.length > 0) {
      refuse(
        '502 Bad Gateway',
        `machines of ${others.length + 1} networks have the address ${address}`,
      );
      return;
    }
    cloud.machines.connect(port, address, Number(tcpPort)).then(
      (machine) => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        if (head.length > 0) machine.write(head);
        const both = (): void => {
          machine.destroy();
          client.destroy();
        };
        pipeline(client, machine, () => undefined);
        pipeline(machine, client, both);
      },
      (error: unknown) => {
        refuse('502 Bad Gateway', error instanceof Error ? error.message : 'unreachable');
      },
    );
  });
}

function portsAt({ state }: Cloud, address: string): PortRecord[] {
  return state.ports
    .all()
    .filter(
      ({ deviceId, fixedIps }) =>
        state.servers.has(deviceId) && fixedIps.some(({ ip }) => ip === address),
    );
}
