import type { Command } from 'commander';
import pc from 'picocolors';
import { runChecks } from '../../activities/preflight.js';
import type { Check } from '../../activities/preflight.js';
import { openCloud } from '../../cloud/open.js';
import { describeFailure, KubeupError } from '../../cluster/errors.js';
import { loadRootSecret } from '../../home/root-secret.js';
import type { ConfigurationInputs } from '../configuration.js';
import { specOf } from '../configuration.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { print, printJson } from '../terminal.js';
import { configure } from './configure.js';
import { addJsonFlag, addSettingFlags, configurationInputs } from './options.js';

export function addPreflight(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('preflight')
    .description('check everything that up will need, and touch nothing')
    .addHelpText(
      'after',
      `
Exit codes: 0 all is well, 2 the input is wrong, 3 a person has to mend something.

Examples:
  kubeup preflight
  kubeup preflight -f cluster.yaml --json`,
    );
  addJsonFlag(addSettingFlags(command));
  command.action(async () => {
    const { json } = command.opts<{ json?: boolean }>();
    done(await preflight(configurationInputs(command, process.env), json ?? false));
  });
}

async function preflight(inputs: ConfigurationInputs, json: boolean): Promise<ExitCode> {
  const { configuration, account } = await configure(inputs);
  const spec = specOf(configuration, account.reference);
  const cloud = openCloud(account.account);
  const rootSecret = await loadRootSecret(inputs.env);
  const checks = await checksOrFailure(() =>
    runChecks({ cloud, rootSecret }, { spec, surplus: 'refuse' }),
  );
  if (json) {
    printJson({
      cluster: spec.name,
      passed: checks.every(({ failure }) => !failure),
      checks: checks.map(({ name, failure }) => ({ name, passed: !failure, failure })),
    });
  } else {
    for (const { name, failure } of checks) {
      print(
        failure
          ? `${pc.red('✘')} ${name}: ${describeFailure(failure)}`
          : `${pc.green('✔')} ${name}`,
      );
    }
  }
  const failures = checks.flatMap(({ failure }) => failure ?? []);
  if (failures.length === 0) return exitCodes.done;
  return failures.some(({ kind }) => kind === 'invalid')
    ? exitCodes.wrongInput
    : exitCodes.unfinished;
}

/** What the checks leave to the bring-up's retries is an answer here: the cloud did not take the call. */
async function checksOrFailure(run: () => Promise<{ checks: Check[] }>): Promise<Check[]> {
  try {
    return (await run()).checks;
  } catch (error) {
    if (!(error instanceof KubeupError)) throw error;
    return [{ name: error.failure.attempted, failure: error.failure }];
  }
}
