import { request } from 'node:http';
import type { Socket } from 'node:net';

/** How long a proxy may take to answer, milliseconds. */
const patienceMs = 15_000;

/**
 * A TCP connection through an HTTP proxy (CONNECT).
 * @throws Error with the proxy's own words when it refuses
 */
export function connectThroughProxy(proxy: string, host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { hostname, port: proxyPort } = new URL(proxy);
    const connecting = request({
      method: 'CONNECT',
      host: hostname,
      port: proxyPort,
      path: `${host}:${port}`,
      timeout: patienceMs,
    });
    connecting.once('connect', (answer, socket: Socket, head) => {
      if (answer.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      // The body of a refusal, as far as it has come.
      socket.destroy();
      const words = head.toString().trim() || `HTTP ${answer.statusCode}`;
      reject(new Error(`the proxy ${proxy} does not reach ${host}:${port}: ${words}`));
    });
    connecting.once('timeout', () => {
      connecting.destroy(new Error(`the proxy ${proxy} does not answer`));
    });
    connecting.once('error', reject);
    connecting.end();
  });
}
