#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadGuestProgram } from './machines/guest-program.js';
import type { ProfileName } from './profiles.js';
import { ensureImage } from './linux/base-image.js';
import { clearHost } from './linux/leftovers.js';
import { checkHost, prepareHost } from './linux/requirements.js';
import { startCloud } from './server.js';

function toPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65536) return port;
  throw new InvalidArgumentError('must be a port, or 0 for any free one');
}

const program = new Command('kubeup-local-cloud').description('An OpenStack on loopback.');

program
  .command('serve', { isDefault: true })
  .description('run it; prints one JSON line when it listens, ends at SIGTERM')
  .requiredOption('--data <folder>', 'where everything is kept')
  .requiredOption('--port <port>', 'port on 127.0.0.1', toPort)
  .addOption(
    new Option('--profile <profile>', 'which cloud it is like')
      .choices(['openstack', 'rackspace'])
      .default('openstack'),
  )
  .option('--guest <program>', 'ES module that exports boot(): what simulated machines do')
  .option('--linux-image <folder>', 'real machines, on the root file system in this folder')
  .action(serve);

program
  .command('image')
  .description('see to it that this host can have real machines; prints the folder of their image')
  .requiredOption('--cache <folder>', 'where it is kept, and looked for')
  .action(async ({ cache }: { cache: string }) => {
    const log = (line: string): void => void process.stderr.write(`${line}\n`);
    await prepareHost(log);
    process.stdout.write(`${await ensureImage(cache, log)}\n`);
  });

program
  .command('clear')
  .description('remove from this host what a killed process has left of real machines')
  .requiredOption('--data <folder>', "the cloud's folder")
  .action(async ({ data }: { data: string }) => {
    await clearHost(data);
  });

async function serve(options: {
  data: string;
  port: number;
  profile: ProfileName;
  guest?: string;
  linuxImage?: string;
}): Promise<void> {
  const { data, port, profile, guest, linuxImage } = options;
  if (linuxImage !== undefined) checkHost();
  const running = await startCloud({
    dataDir: data,
    port,
    profile,
    guest: guest === undefined ? undefined : await loadGuestProgram(guest),
    linuxImage,
    env: process.env,
  });
  process.stdout.write(`${JSON.stringify({ event: 'ready', url: running.url })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void running.close().then(() => process.exit(0));
    });
  }
}

try {
  await program.parseAsync();
} catch (error) {
  const words = error instanceof Error ? error.message : String(error);
  // In one line: whoever started this shows the last one.
  process.stderr.write(`${words.trim().replaceAll('\n', '; ')}\n`);
  process.exitCode = 1;
}
