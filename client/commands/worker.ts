import type { Command } from 'commander';
import { homePaths } from '../../home/paths.js';
import { ensureTemporal } from '../../local/services.js';
import { openAccount } from '../connect.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { remark } from '../terminal.js';

export function addWorker(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('worker')
    .description('run a worker of the account in the foreground, until SIGTERM')
    .addHelpText(
      'after',
      `
For a service of your own: set OS_* (or OS_CLOUD), TEMPORAL_ADDRESS and KUBEUP_ROOT_SECRET, and tell the
command line by KUBEUP_WORKER=external that it need not start one.

Examples:
  kubeup worker
  TEMPORAL_ADDRESS=temporal:7233 OS_CLOUD=production kubeup worker`,
    )
    .action(async () => {
      const { env } = process;
      const account = await openAccount(env, remark);
      const temporal = await ensureTemporal(homePaths(env), remark, env);
      Object.assign(env, account.env);
      if (temporal.embedded) {
        env.TEMPORAL_ADDRESS = temporal.address;
        env.TEMPORAL_NAMESPACE = temporal.namespace;
      }
      // Loaded only here: no other command needs the worker's native library.
      const { runWorker } = await import('../../worker.js');
      await runWorker(env);
      done(exitCodes.done);
    });
}
