/**
 * Opens one socket in the network namespace that it is started in, hands it to its parent, and ends with the parent's word: Node.js cannot
 * change its own namespace, but a socket stays where it was made, whoever holds it.
 *
 * Arguments: `listen` or `connect`, address, port.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

const [what, host, port] = process.argv.slice(2);

function hand(socket: Server | Socket): void {
  process.send?.({ ok: true }, socket);
}

// The parent has what it wanted, or is no more.
process.once('disconnect', () => process.exit());

function fail(error: Error): void {
  process.send?.({ ok: false, message: error.message });
}

if (what === 'listen') {
  const server = createServer();
  server.once('error', fail).listen({ host, port: Number(port) }, () => {
    hand(server);
  });
} else {
  const socket = connect({ host, port: Number(port), timeout: 10_000 });
  // Else what the other side says first would be read here, and lost.
  socket.pause();
  socket.once('error', fail);
  socket.once('timeout', () => {
    fail(new Error(`no answer within 10 s`));
  });
  socket.once('connect', () => {
    hand(socket);
  });
}
