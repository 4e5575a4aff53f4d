import type { Command } from 'commander';
import type { ListedCluster } from '../cluster-client.js';
import { hasTemporal, openSession } from '../connect.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { print, printJson, remark } from '../terminal.js';
import { addJsonFlag } from './options.js';
import { renderTable } from '../display/table.js';

export function addList(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('list')
    .description('the clusters that are known, each with its latest operation')
    .addHelpText('after', '\nExamples:\n  kubeup list\n  kubeup list --json');
  addJsonFlag(command);
  command.action(async () => {
    done(await list(command.opts<{ json?: boolean }>(), process.env));
  });
}

async function list(options: { json?: boolean }, env: NodeJS.ProcessEnv): Promise<ExitCode> {
  const clusters = hasTemporal(env) ? await readClusters(env) : [];
  if (options.json) {
    printJson(clusters);
  } else if (clusters.length === 0) {
    print('No clusters. kubeup up makes one.');
  } else {
    const header = ['CLUSTER', 'PHASE', 'OPERATION', 'PROVIDER', 'SINCE'];
    const rows = clusters.map(({ cluster, phase, operation, provider, open, startTime }) => [
      cluster,
      phase,
      `${operation === 'tearDownCluster' ? 'tear-down' : 'bring-up'}${open ? ' (running)' : ''}`,
      provider,
      startTime.toISOString(),
    ]);
    print(renderTable([header, ...rows]));
  }
  return exitCodes.done;
}

async function readClusters(env: NodeJS.ProcessEnv): Promise<ListedCluster[]> {
  const session = await openSession(env, remark);
  try {
    return await session.clusters.list();
  } finally {
    await session.close();
  }
}
