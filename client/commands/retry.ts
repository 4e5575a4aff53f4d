import type { Command } from 'commander';
import { readClusterChoice } from '../configuration.js';
import type { ConfigurationInputs } from '../configuration.js';
import { openAccount, openSession, openWorker } from '../connect.js';
import type { ExitCode } from '../exit-code.js';
import { remark, say } from '../terminal.js';
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

async function retry(inputs: ConfigurationInputs, options: FollowOptions): Promise<ExitCode> {
  const account = await openAccount(inputs.env, remark);
  const { name } = await readClusterChoice(inputs, account.facts);
  const session = await openSession(inputs.env, remark);
  try {
    await session.clusters.checkAccount(name, account.reference);
    await openWorker(inputs.env, account, session.temporal, remark);
    const patience = patienceOf(options);
    const late =
      `No worker let ${name} go on in time. It may go on when one runs: ${typed('status', name)} --watch ` +
      `shows it; if it is still Blocked, ${typed('retry', name)} again.`;
    await answerOfWorker((signal) => session.clusters.retry(name, signal), patience, late);
    say(`${name} goes on.`);
    return await stay(session, name, { ...options, patience });
  } finally {
    await session.close();
  }
}
