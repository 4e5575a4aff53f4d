import type { Command } from 'commander';
import { surveyServers } from '../../activities/survey.js';
import { openCloud } from '../../cloud/open.js';
import { InvalidSpecError } from '../../cluster/errors.js';
import { isUnbuilt } from '../../cluster/release-request.js';
import { settings } from '../../cluster/settings.js';
import { problemsBetween } from '../../cluster/spec-problems.js';
import type { ClusterSpec } from '../../cluster/spec.js';
import { loadRootSecret } from '../../home/root-secret.js';
import { ClusterNotFoundError } from '../client-errors.js';
import { withCluster } from '../cluster-access.js';
import { forUser, readConfiguration, specOf } from '../configuration.js';
import type { ConfigurationInputs } from '../configuration.js';
import type { OpenAccount, Session } from '../connect.js';
import type { ExitCode } from '../exit-code.js';
import { begin } from './begin.js';
import { addFollowFlags, addJsonFlag, addSettingFlags, configurationInputs } from './options.js';
import type { FollowOptions } from './options.js';
import { answerOfWorker, patienceOf } from './patience.js';
import { typed } from './report.js';
import { stay } from './stay.js';

export function addScale(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('scale')
    .argument('[cluster]', 'name of the cluster')
    .description('bring a cluster to another number of minions; surplus ones go, highest first')
    .addHelpText(
      'after',
      `
Everything else stays as the cluster was brought up.

Examples:
  kubeup scale --minions 6
  kubeup scale staging --minions 0 --json`,
    );
  addSettingFlags(command, ['name', 'minions', 'minReadyMinions']);
  addJsonFlag(addFollowFlags(command));
  command.action(async (cluster: string | undefined) => {
    const options = command.opts<FollowOptions>();
    done(await scale(configurationInputs(command, process.env, cluster), options));
  });
}

async function scale(inputs: ConfigurationInputs, options: FollowOptions): Promise<ExitCode> {
  if (inputs.flags.minions === undefined) {
    throw new InvalidSpecError([
      { field: 'minions', value: undefined, message: 'must be given: --minions N' },
    ]);
  }
  return withCluster(inputs, async ({ account, name, session }) => {
    const patience = patienceOf(options);
    const spec = await scaledSpec(session, account, inputs, name, patience);
    const { runId } = await begin(session, { spec, surplus: 'delete' }, patience);
    return stay(session, name, { ...options, runId, patience });
  });
}

/**
 * The cluster's last spec with another count: flags that it was brought up with hold on. Where no history
 * tells it, what is configured now.
 */
async function scaledSpec(
  session: Session,
  account: OpenAccount,
  inputs: ConfigurationInputs,
  name: string,
  patience?: AbortSignal,
): Promise<ClusterSpec> {
  const last = await lastSpec(session, name, patience);
  if (!last) {
    if (!(await hasServers(account, inputs.env, name))) throw new ClusterNotFoundError(name);
    const configuration = await readConfiguration(inputs, account.facts);
    return specOf(forUser(configuration, account.facts.user), account.reference);
  }
  if (isUnbuilt(last.release)) {
    throw new InvalidSpecError([
      {
        field: 'release',
        value: 'still to be built',
        message:
          'is built by a bring-up that has not come to it: `kubeup up --build --minions N` goes on with another number',
      },
    ]);
  }
  const minions = readCount('minions', inputs.flags.minions);
  const minReady = readCount('minReadyMinions', inputs.flags.minReadyMinions);
  // All of them were to be ready: all of them are to be ready again.
  const kept = last.minReadyMinions === last.minions ? minions.value : last.minReadyMinions;
  const count = minions.value ?? last.minions;
  const enough = minReady.value ?? Math.min(kept ?? last.minReadyMinions, count);
  const problems = [
    ...minions.problems,
    ...minReady.problems,
    ...problemsBetween({
      name,
      minions: count,
      minReadyMinions: enough,
      podNetwork: last.podNetwork,
      'network.cidr': last.network.cidr,
    }),
  ];
  if (problems.length > 0) throw new InvalidSpecError(problems);
  return { ...last, minions: count, minReadyMinions: enough };
}

/** Whether the cloud has a cluster that no history tells of any more. */
async function hasServers(
  { account }: OpenAccount,
  env: NodeJS.ProcessEnv,
  name: string,
): Promise<boolean> {
  const dependencies = { cloud: openCloud(account), rootSecret: await loadRootSecret(env) };
  return (await surveyServers(dependencies, name)).length > 0;
}

async function lastSpec(
  session: Session,
  name: string,
  patience?: AbortSignal,
): Promise<ClusterSpec | undefined> {
  const late =
    `No worker told in time how ${name} was brought up, so nothing was begun. ` +
    `Come back with the same command, or look with ${typed('status', name)} --watch`;
  try {
    return await answerOfWorker((signal) => session.clusters.spec(name, signal), patience, late);
  } catch (error) {
    if (error instanceof ClusterNotFoundError) return undefined;
    throw error;
  }
}

function readCount(
  field: 'minions' | 'minReadyMinions',
  text: string | undefined,
): { value?: number; problems: { field: string; value: unknown; message: string }[] } {
  if (text === undefined) return { problems: [] };
  const result = settings[field].schema.safeParse(text);
  return result.success
    ? { value: result.data, problems: [] }
    : { problems: [{ field, value: text, message: result.error.issues[0]!.message }] };
}
