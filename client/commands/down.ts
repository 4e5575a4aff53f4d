import type { Command } from 'commander';
import { hasAccount } from '../../cloud/account.js';
import { InvalidSpecError } from '../../cluster/errors.js';
import type { TearDownRequest } from '../../cluster/spec.js';
import { emptyStatus } from '../../cluster/status.js';
import { ClusterNotFoundError } from '../client-errors.js';
import { clusterDocument } from '../cluster-document.js';
import { readClusterChoice } from '../configuration.js';
import type { ClusterChoice, ConfigurationInputs } from '../configuration.js';
import { accountFacts, hasLocalCloud, openAccount, openSession, openWorker } from '../connect.js';
import type { Session } from '../connect.js';
import { isTransient } from '../grpc-codes.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { print, printJson, remark, say } from '../terminal.js';
import { whatStartsThem } from '../unanswered.js';
import { addFollowFlags, addJsonFlag, addSettingFlags, configurationInputs } from './options.js';
import type { FollowOptions } from './options.js';
import { answerTo, patienceOf } from './patience.js';
import { typed } from './report.js';
import { stay } from './stay.js';

export function addDown(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('down')
    .argument('[cluster]', 'name of the cluster')
    .description('remove what kubeup made of a cluster, from any state, and nothing else')
    .addHelpText(
      'after',
      `
A bring-up that is under way is stopped first.

Examples:
  kubeup down
  kubeup down staging --detach`,
    );
  addSettingFlags(command, ['name', 'release.container', 'onFailure']);
  addJsonFlag(addFollowFlags(command));
  command.action(async (cluster: string | undefined) => {
    const options = command.opts<FollowOptions>();
    done(await down(configurationInputs(command, process.env, cluster), options));
  });
}

async function down(inputs: ConfigurationInputs, options: FollowOptions): Promise<ExitCode> {
  const { env, flags } = inputs;
  if (flags.onFailure === 'rollback') {
    throw new InvalidSpecError([
      { field: 'onFailure', value: 'rollback', message: 'must be hold or fail for a tear-down' },
    ]);
  }
  if (!hasAccount(env) && !hasLocalCloud(env)) {
    return nothingToRemove(inputs, options);
  }
  const account = await openAccount(env, remark);
  const choice = await readClusterChoice(inputs, account.facts);
  const session = await openSession(env, remark);
  try {
    await openWorker(env, account, session.temporal, remark);
    const container = await containerOf(session, choice);
    say(`Tearing down ${choice.name}; a bring-up that is under way is stopped first.`);
    const patience = patienceOf(options);
    const request: TearDownRequest = {
      name: choice.name,
      cloud: account.reference,
      container,
      // What a bring-up would roll back is held on to here: there is nothing to go back to.
      onFailure: choice.onFailure === 'fail' ? 'fail' : 'hold',
    };
    const unsettled = `The bring-up of ${choice.name} was told to stop and has not settled yet`;
    const { runId } = await answerTo(
      (signal) => session.clusters.tearDown(request, signal),
      patience,
      {
        quiet: `${unsettled}; without a worker it does not. ${whatStartsThem}`,
        late: `${unsettled}. Go on with: ${typed('down', choice.name)}`,
      },
    );
    return await stay(session, choice.name, { ...options, runId, patience });
  } finally {
    await session.close();
  }
}

/** Ends as the tear-down of nothing does, without one. */
async function nothingToRemove(
  inputs: ConfigurationInputs,
  { json }: FollowOptions,
): Promise<ExitCode> {
  const { name } = await readClusterChoice(inputs, await accountFacts(inputs.env));
  const tell = json ? say : print;
  tell('There is no account in the environment and no local cloud here: nothing to remove.');
  const run = { id: '', runId: '', type: 'tearDownCluster', open: false };
  const view = { status: emptyStatus(name, 'Gone'), run, retries: [] };
  if (json) printJson(clusterDocument(view, ''));
  return exitCodes.done;
}

/** The container the cluster was brought up with, unless another is named now. */
async function containerOf(session: Session, { name, container }: ClusterChoice): Promise<string> {
  if (!container.isDefault) return container.name;
  try {
    return (await session.clusters.container(name)) ?? container.name;
  } catch (error) {
    if (error instanceof ClusterNotFoundError || isTransient(error)) return container.name;
    throw error;
  }
}
