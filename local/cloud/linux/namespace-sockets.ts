import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Listens on an address inside a network namespace. */
export async function listenIn(namespace: string, host: string, port: number): Promise<Server> {
  return (await open(namespace, 'listen', host, port)) as Server;
}

/**
 * Connects from inside a network namespace.
 * @throws Error with the reason of the refusal
 */
export async function connectIn(namespace: string, host: string, port: number): Promise<Socket> {
  return (await open(namespace, 'connect', host, port)) as Socket;
}

/** Compiled it is JavaScript; from the sources TypeScript, run as this process is. */
const compiled = fileURLToPath(new URL('./socket-opener.js', import.meta.url));
const opener = existsSync(compiled) ? compiled : compiled.replace(/\.js$/, '.ts');

function open(
  namespace: string,
  what: 'listen' | 'connect',
  host: string,
  port: number,
): Promise<Server | Socket> {
  return new Promise((resolve, reject) => {
    const child = fork(opener, [what, host, String(port)], {
      execPath: 'nsenter',
      execArgv: [`--net=/run/netns/${namespace}`, process.execPath, ...process.execArgv],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('error', reject);
    child.once('message', (said: { ok: boolean; message?: string }, handle) => {
      child.disconnect();
      if (said.ok) resolve(handle as Server | Socket);
      else reject(new Error(said.message));
    });
    child.once('exit', () => {
      reject(new Error(`no socket could be opened in ${namespace}`));
    });
  });
}
