import type { Command } from 'commander';
import { withCluster } from '../cluster-access.js';
import type { ConfigurationInputs } from '../configuration.js';
import type { ExitCode } from '../exit-code.js';
import { say } from '../terminal.js';
import { addFollowFlags, addJsonFlag, addSettingFlags, configurationInputs } from './options.js';
import type { FollowOptions } from './options.js';
import { answerOfWorker, patienceOf } from './patience.js';
import { typed } from './report.js';
import { stay } from './stay.js';

export function addRetry(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('retry')
    .argument('[cluster]', 'name of the cluster')
    .description('let a blocked operation go on, once its cause is mended')
    .addHelpText('after', '\nExamples:\n  kubeup retry\n  kubeup retry staging --detach');
  addJsonFlag(addFollowFlags(addSettingFlags(command, ['name'])));
  command.action(async (cluster: string | undefined) => {
    const options = command.opts<FollowOptions>();
    done(await retry(configurationInputs(command, process.env, cluster), options));
  });
}

function retry(inputs: ConfigurationInputs, options: FollowOptions): Promise<ExitCode> {
  return withCluster(inputs, async ({ name, session }) => {
    const patience = patienceOf(options);
    const late =
      `No worker let ${name} go on in time. It may go on when one runs: ${typed('status', name)} --watch ` +
      `shows it; if it is still Blocked, ${typed('retry', name)} again.`;
    await answerOfWorker((signal) => session.clusters.retry(name, signal), patience, late);
    say(`${name} goes on.`);
    return stay(session, name, { ...options, patience });
  });
}
