import path from 'node:path';
import type { Command } from 'commander';
import { survey } from '../../activities/survey.js';
import { hasAccount } from '../../cloud/account.js';
import { openCloud } from '../../cloud/open.js';
import { InvalidSpecError, KubeupError } from '../../cluster/errors.js';
import type { ReleaseRequest } from '../../cluster/release-request.js';
import type { BringUpRequest, ClusterSpec } from '../../cluster/spec.js';
import { loadRootSecret } from '../../home/root-secret.js';
import { specOf } from '../configuration.js';
import type { ConfigurationInputs } from '../configuration.js';
import { openSession, openWorker } from '../connect.js';
import type { OpenAccount } from '../connect.js';
import type { ExitCode } from '../exit-code.js';
import { plannedChanges } from '../planned-changes.js';
import { remark } from '../terminal.js';
import type { LocalMachines } from '../../local/services.js';
import { begin } from './begin.js';
import { configure } from './configure.js';
import { toMachines } from './local.js';
import { addFollowFlags, addJsonFlag, addSettingFlags, configurationInputs } from './options.js';
import type { FollowOptions } from './options.js';
import { patienceOf } from './patience.js';
import type { NextCommand } from './report.js';
import { stay } from './stay.js';

export function addUp(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('up')
    .description(
      'bring a cluster up: adopt what is there, make what is missing, replace what is broken',
    )
    .addHelpText(
      'after',
      `
Without an account in the environment (OS_AUTH_URL …, or OS_CLOUD) a cloud on this machine is used.

Examples:
  kubeup up                            1 master and 4 minions
  kubeup up --minions 20               1 master and 20 minions
  kubeup up -f cluster.yaml            with the settings of a file
  kubeup up --release my.tar.gz        with a release of your own
  kubeup up --build                    with Kubernetes built from source, as part of the bring-up
  RAX_NUM_MINIONS=2 kubeup up --json   the result for a script
  kubeup up --detach                   return at once; kubeup status --watch shows how it goes`,
    );
  command.option(
    '--machines <kind>',
    "what servers of this machine's own cloud are: simulated, or linux (they really boot)",
    toMachines,
  );
  command
    .option(
      '--build',
      'build the release first, as kubeup release build does; what is built is kept',
    )
    .option('--kubernetes <version>', 'with --build: version to build')
    .option(
      '--from <path>',
      'with --build: Kubernetes as you have it, a server tarball or a folder',
    );
  addJsonFlag(addFollowFlags(addSettingFlags(command)));
  command.action(async () => {
    const options = command.opts<FollowOptions & BuildOptions & { machines?: LocalMachines }>();
    const build = releaseRequest(options);
    const env = withMachines(process.env, options.machines);
    done(await up({ ...configurationInputs(command, env), build }, options));
  });
}

async function up(inputs: ConfigurationInputs, options: FollowOptions): Promise<ExitCode> {
  const { configuration, account } = await configure(inputs);
  const session = await openSession(inputs.env, remark);
  try {
    await openWorker(inputs.env, account, session.temporal, remark);
    const spec = specOf(configuration, account.reference);
    const { build } = inputs;
    if (!(await session.clusters.isOpen(spec.name))) await refuseEarly(inputs.env, account, spec);
    const patience = patienceOf(options);
    const request: BringUpRequest = { spec, surplus: 'refuse', ...(build && { build }) };
    const { runId } = await begin(session, request, patience);
    const isLocal = account.facts.local && !hasAccount(inputs.env);
    const whenReady = isLocal ? localCommands : undefined;
    return await stay(session, spec.name, { ...options, runId, patience, whenReady });
  } finally {
    await session.close();
  }
}

/**
 * What a bring-up would refuse is refused before one begins, so that the last word on a healthy cluster stays.
 * A cloud that does not answer is the bring-up's to tell of.
 * @throws InvalidSpecError
 */
async function refuseEarly(
  env: NodeJS.ProcessEnv,
  { account }: OpenAccount,
  spec: ClusterSpec,
): Promise<void> {
  const dependencies = { cloud: openCloud(account), rootSecret: await loadRootSecret(env) };
  const found = await survey(dependencies, spec).catch((error: unknown) => {
    if (error instanceof KubeupError) return undefined;
    throw error;
  });
  const refused = found ? plannedChanges(spec, found) : [];
  const problems = refused
    .filter(({ action }) => action === 'refuse')
    .map(({ what, why }) => ({ field: what, value: undefined, message: why ?? '' }));
  if (problems.length > 0) throw new InvalidSpecError(problems);
}

/** The machines that the local cloud is to have. @throws InvalidSpecError when an account names another cloud */
function withMachines(env: NodeJS.ProcessEnv, machines?: LocalMachines): NodeJS.ProcessEnv {
  if (machines === undefined) return env;
  if (hasAccount(env)) {
    const message = "is for this machine's own cloud, and the environment names an account";
    throw new InvalidSpecError([{ field: '--machines', value: machines, message }]);
  }
  return { ...env, KUBEUP_LOCAL_MACHINES: machines };
}

const localCommands: readonly NextCommand[] = [
  ['eval "$(kubeup local openrc)"', 'then nova, openstack and swift show the local cloud'],
];

interface BuildOptions {
  build?: boolean;
  kubernetes?: string;
  from?: string;
}

/** What release the bring-up is to build. @throws InvalidSpecError when it is told of one and not to build it */
function releaseRequest({ build, kubernetes, from }: BuildOptions): ReleaseRequest | undefined {
  if (build) {
    return { ...(kubernetes && { kubernetes }), ...(from && { from: path.resolve(from) }) };
  }
  if (kubernetes === undefined && from === undefined) return undefined;
  const field = kubernetes === undefined ? '--from' : '--kubernetes';
  throw new InvalidSpecError([
    { field, value: kubernetes ?? from, message: 'says what to build, so --build must be given' },
  ]);
}
