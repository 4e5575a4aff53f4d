import type { Command } from 'commander';
import { hasAccount } from '../../cloud/account.js';
import { ClusterNotFoundError } from '../client-errors.js';
import { clusterDocument } from '../cluster-document.js';
import { readClusterChoice } from '../configuration.js';
import type { ConfigurationInputs } from '../configuration.js';
import { hasLocalCloud, hasTemporal, openAccount, openSession, openWorker } from '../connect.js';
import { renderScreen } from '../display/screen.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { print, printJson, remark } from '../terminal.js';
import { follow } from './follow.js';
import { addJsonFlag, addSettingFlags, configurationInputs } from './options.js';
import { report } from './report.js';

export function addStatus(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('status')
    .argument('[cluster]', 'name of the cluster')
    .description('how a cluster stands, or how its last operation ended')
    .option('-w, --watch', 'keep showing it until the operation ends')
    .addHelpText(
      'after',
      `
Examples:
  kubeup status
  kubeup status --watch
  kubeup status staging --json | jq -r .phase`,
    );
  addJsonFlag(addSettingFlags(command, ['name']));
  command.action(async (cluster: string | undefined) => {
    const options = command.opts<{ json?: boolean; watch?: boolean }>();
    done(await status(configurationInputs(command, process.env, cluster), options));
  });
}

async function status(
  inputs: ConfigurationInputs,
  options: { json?: boolean; watch?: boolean },
): Promise<ExitCode> {
  const { env } = inputs;
  const { name } = await readClusterChoice(inputs, {
    user: 'user',
    provider: 'openstack',
    local: true,
  });
  if (!hasTemporal(env)) throw new ClusterNotFoundError(name);
  const session = await openSession(env, remark);
  try {
    // A worker answers the query; whoever has no account asks those that run.
    if (hasAccount(env) || hasLocalCloud(env)) {
      const account = await openAccount(env, remark);
      await openWorker(env, account, session.temporal, remark);
    }
    if (options.watch) {
      const followed = await follow(session, name, { json: options.json, throughBlocked: true });
      return await report(session, name, followed, options);
    }
    const view = await session.clusters.view(name);
    const ui = session.link(view.run);
    if (options.json) {
      printJson(clusterDocument(view, ui));
    } else {
      // Nothing is cut off where nobody redraws it.
      const columns = process.stdout.columns || Infinity;
      print(renderScreen(view, { now: Date.now(), columns, rows: Infinity }));
      if (ui) print(`\nTemporal UI: ${ui}`);
    }
    return exitCodes.done;
  } finally {
    await session.close();
  }
}
