import { InvalidArgumentError, Option } from 'commander';
import { InvalidSpecError } from '../../cluster/errors.js';
import type { Command } from 'commander';
import { fields, settings } from '../../cluster/settings.js';
import type { Field, Setting } from '../../cluster/settings.js';
import type { ConfigurationInputs } from '../configuration.js';

/** Adds the flag of every setting, or of those named. */
export function addSettingFlags(command: Command, only: readonly Field[] = fields): Command {
  for (const field of only) {
    const { flag, about, environment }: Setting = settings[field];
    command.addOption(new Option(flag, environment ? `${about} (${environment})` : about));
  }
  return addFileFlag(command);
}

export function addFileFlag(command: Command): Command {
  return command.option(
    '-f, --file <file>',
    'cluster file (default: cluster.yaml when there is one)',
  );
}

export function addJsonFlag(command: Command): Command {
  return command.option('--json', 'print one JSON document on stdout, everything else on stderr');
}

/** How long a command stays with the run it began. */
export function addFollowFlags(command: Command): Command {
  return command
    .option('--detach', 'return once the work has begun')
    .option('--timeout <seconds>', 'stop looking after this time; the work goes on', parseSeconds);
}

export interface FollowOptions {
  detach?: boolean;
  timeout?: number;
  json?: boolean;
}

/**
 * What the command line and the environment say about the configuration.
 * @throws InvalidSpecError when they name two clusters
 */
export function configurationInputs(
  command: Command,
  env: NodeJS.ProcessEnv,
  cluster?: string,
): ConfigurationInputs {
  const given = command.opts<Record<string, string | undefined>>();
  const flags: ConfigurationInputs['flags'] = {};
  for (const field of fields) {
    const value = given[new Option(settings[field].flag).attributeName()];
    if (value !== undefined) flags[field] = value;
  }
  if (cluster !== undefined && flags.name !== undefined && flags.name !== cluster) {
    const message = `names another cluster than ${cluster}: give one name`;
    throw new InvalidSpecError([{ field: '--name', value: flags.name, message }]);
  }
  if (cluster !== undefined) flags.name = cluster;
  return { env, flags, file: given.file };
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0) {
    throw new InvalidArgumentError('must be a number of seconds above 0');
  }
  return seconds;
}
