#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadGuestProgram } from './machines/guest-program.js';
import type { ProfileName } from './profiles.js';
import { startCloud } from './server.js';

function toPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65536) return port;
  throw new InvalidArgumentError('must be a port, or 0 for any free one');
}

const program = new Command('kubeup-local-cloud')
  .description('An OpenStack on loopback. Prints one JSON line when it listens; ends at SIGTERM.')
  .requiredOption('--data <folder>', 'where everything is kept')
  .requiredOption('--port <port>', 'port on 127.0.0.1', toPort)
  .addOption(
    new Option('--profile <profile>', 'which cloud it is like')
      .choices(['openstack', 'rackspace'])
      .default('openstack'),
  )
  .option('--guest <program>', 'ES module that exports boot(): what machines do when they boot')
  .action(serve);

async function serve(options: {
  data: string;
  port: number;
  profile: ProfileName;
  guest?: string;
}): Promise<void> {
  const { data, port, profile, guest } = options;
  const running = await startCloud({
    dataDir: data,
    port,
    profile,
    guest: guest === undefined ? undefined : await loadGuestProgram(guest),
    env: process.env,
  });
  process.stdout.write(`${JSON.stringify({ event: 'ready', url: running.url })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void running.close().then(() => process.exit(0));
    });
  }
}

await program.parseAsync();
