import type { Command } from 'commander';
import type { Survey } from '../../activities/survey.js';
import { survey } from '../../activities/survey.js';
import { hasAccount } from '../../cloud/account.js';
import { openCloud } from '../../cloud/open.js';
import type { Cloud } from '../../cloud/port.js';
import { settings } from '../../cluster/settings.js';
import type { Setting } from '../../cluster/settings.js';
import type { EffectiveValue } from '../../cluster/spec-schema.js';
import type { ClusterSpec } from '../../cluster/spec.js';
import { loadRootSecret } from '../../home/root-secret.js';
import type { ConfigurationInputs } from '../configuration.js';
import { specOf } from '../configuration.js';
import { hasLocalCloud } from '../connect.js';
import { renderTable } from '../display/table.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { plannedChanges } from '../planned-changes.js';
import type { PlannedChange, WantedIds } from '../planned-changes.js';
import { print, printJson, say } from '../terminal.js';
import { configure, configureWithoutCloud } from './configure.js';
import { addJsonFlag, addSettingFlags, configurationInputs } from './options.js';

export function addPlan(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('plan')
    .description('each setting and where it comes from, and what up would do; touches nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  kubeup plan\n  kubeup plan -f cluster.yaml --minions 6\n  kubeup plan --json',
    );
  addJsonFlag(addSettingFlags(command));
  command.action(async () => {
    const { json } = command.opts<{ json?: boolean }>();
    done(await plan(configurationInputs(command, process.env), json ?? false));
  });
}

async function plan(inputs: ConfigurationInputs, json: boolean): Promise<ExitCode> {
  const { env } = inputs;
  if (!hasAccount(env) && !hasLocalCloud(env)) {
    const { values, spec } = await configureWithoutCloud(inputs);
    say('There is no local cloud here yet: kubeup up starts one, and makes everything in it.');
    show(values, spec, plannedChanges(spec, nothing), json);
    return exitCodes.done;
  }
  const { configuration, account } = await configure(inputs);
  const spec = specOf(configuration, account.reference);
  const cloud = openCloud(account.account);
  const found = await survey({ cloud, rootSecret: await loadRootSecret(env) }, spec);
  const wanted = await wantedIds(cloud, spec);
  show(configuration.values, spec, plannedChanges(spec, found, wanted), json);
  return exitCodes.done;
}

async function wantedIds({ compute }: Cloud, spec: ClusterSpec): Promise<WantedIds> {
  // What is not there, or there twice, is for preflight to say.
  const idOf = (found: Promise<{ id: string } | undefined>): Promise<string | undefined> =>
    found.then(
      (one) => one?.id,
      () => undefined,
    );
  const [imageId, masterFlavorId, minionFlavorId] = await Promise.all([
    idOf(compute.findImage(spec.image)),
    idOf(compute.findFlavor(spec.masterFlavor)),
    idOf(compute.findFlavor(spec.minionFlavor)),
  ]);
  return { imageId, masterFlavorId, minionFlavorId };
}

const nothing: Survey = { servers: [], container: false, release: false };

function show(
  values: readonly EffectiveValue[],
  spec: ClusterSpec,
  changes: readonly PlannedChange[],
  json: boolean,
): void {
  if (json) {
    printJson({
      cluster: spec.name,
      cloud: spec.cloud,
      settings: values.map(({ field, value, origin }) => ({ field, value: value ?? null, origin })),
      changes,
    });
    return;
  }
  print(
    renderTable([
      ['SETTING', 'VALUE', 'FROM', 'VARIABLE'],
      ...values.map(({ field, value, origin }) => {
        const { environment }: Setting = settings[field];
        return [field, shown(value), origin, environment ?? ''];
      }),
    ]),
  );
  print('');
  print(renderTable(changes.map(({ action, what, why }) => [action, what, why ?? ''])));
  const count = (action: PlannedChange['action']): number =>
    changes.filter((change) => change.action === action).length;
  print(
    `\n${count('make')} to make, ${count('adopt')} to adopt, ${count('replace')} to replace, ${count('delete')} to delete.`,
  );
  if (count('refuse') > 0) {
    print('up would refuse this, as it stands above.');
  }
}

function shown(value: unknown): string {
  if (value === undefined) return '-';
  if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : '-';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
