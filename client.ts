#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addDown } from './client/commands/down.js';
import { addKubeconfig } from './client/commands/kubeconfig.js';
import { addKubectl } from './client/commands/kubectl.js';
import { addList } from './client/commands/list.js';
import { addLocal } from './client/commands/local.js';
import { addLogs } from './client/commands/logs.js';
import { addPlan } from './client/commands/plan.js';
import { addPreflight } from './client/commands/preflight.js';
import { addRelease } from './client/commands/release.js';
import { addRetry } from './client/commands/retry.js';
import { addScale } from './client/commands/scale.js';
import { addSsh } from './client/commands/ssh.js';
import { addStatus } from './client/commands/status.js';
import { addUp } from './client/commands/up.js';
import { addWorker } from './client/commands/worker.js';
import { InvalidSpecError } from './cluster/errors.js';
import { exitCodes, explainError } from './client/exit-code.js';
import { bypassProxyOnLoopback } from './client/loopback.js';
import { printJson, say } from './client/terminal.js';

const program = new Command('kubeup')
  .description('Brings up Kubernetes clusters on Rackspace and OpenStack, durably.')
  .exitOverride()
  .showHelpAfterError('(kubeup --help shows what there is)')
  .addHelpText(
    'after',
    `
Exit codes: 0 done, 1 failed, 2 wrong input, 3 blocked or timed out with the work still going on.

Examples:
  kubeup up        bring up a cluster on this machine's own cloud
  kubeup status    how it stands
  kubeup down      remove it`,
  );

const done = (code: number): void => {
  process.exitCode = code;
};
for (const add of [
  addUp,
  addDown,
  addScale,
  addStatus,
  addList,
  addPlan,
  addPreflight,
  addRetry,
  addRelease,
  addKubeconfig,
  addKubectl,
  addSsh,
  addLogs,
  addWorker,
  addLocal,
]) {
  add(program, done);
}

// Who reads the output may have enough of it before its end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
bypassProxyOnLoopback(process.env);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; showing help on request is no error.
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.wrongInput;
  } else {
    const { code, text } = explainError(error);
    process.exitCode = code;
    say(text);
    if (process.argv.includes('--json')) {
      const problems = error instanceof InvalidSpecError ? error.problems : undefined;
      printJson({ error: { message: text, problems } });
    }
  }
}
// What still tries to reach a server that is gone has nobody to tell.
process.exit();
