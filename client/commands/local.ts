import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { accountFingerprint, accountId } from '../../cloud/account.js';
import { resolveAccount } from '../../cloud/resolve-account.js';
import { homePaths } from '../../home/paths.js';
import { loadRootSecret } from '../../home/root-secret.js';
import {
  ensureLocalCloud,
  ensureTemporal,
  ensureWorker,
  openrc,
  servicesStatus,
  stopServices,
} from '../../local/services.js';
import type {
  LocalCloudWish,
  LocalMachines,
  LocalProfile,
  ServicesStatus,
} from '../../local/services.js';
import { renderTable } from '../display/table.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { print, printJson, remark } from '../terminal.js';
import { addJsonFlag } from './options.js';

export function addLocal(program: Command, done: (code: ExitCode) => void): void {
  const local = program
    .command('local')
    .description('the services on this machine: Temporal server, local cloud, worker')
    .addHelpText(
      'after',
      `
They run in the background and keep their state in KUBEUP_HOME (default ~/.kubeup).

Examples:
  kubeup local start
  eval "$(kubeup local openrc)"; openstack server list
  kubeup local status --json
  kubeup local stop`,
    );
  const env = process.env;
  const home = homePaths(env);

  const start = addJsonFlag(local.command('start'))
    .description('start those that do not run')
    .option(
      '--profile <profile>',
      'what the local cloud is like: openstack or rackspace',
      toProfile,
    )
    .option(
      '--machines <kind>',
      'what its servers are: simulated, or linux (root on Linux): machines that really boot',
      toMachines,
    );
  start.action(async () => {
    const options = start.opts<LocalCloudWish & { json?: boolean }>();
    const cloud = await ensureLocalCloud(home, remark, options, env);
    const temporal = await ensureTemporal(home, remark, env);
    const account = resolveAccount(cloud.env);
    const worker = {
      accountId: accountId(account),
      fingerprint: accountFingerprint(account, await loadRootSecret(env)),
    };
    await ensureWorker(home, worker, cloud.env, temporal, remark, env);
    show(await servicesStatus(home), options);
    done(exitCodes.done);
  });

  const stop = addJsonFlag(local.command('stop')).description(
    'end them; their state stays, and kubeup up goes on from it',
  );
  stop.action(async () => {
    const stopped = await stopServices(home);
    if (stop.opts<{ json?: boolean }>().json) printJson({ stopped });
    else print(stopped.length > 0 ? `Stopped: ${stopped.join(', ')}.` : 'Nothing was running.');
    done(exitCodes.done);
  });

  const status = addJsonFlag(local.command('status')).description('which run, and where');
  status.action(async () => {
    show(await servicesStatus(home), status.opts<{ json?: boolean }>());
    done(exitCodes.done);
  });

  local
    .command('openrc')
    .description('shell exports with which openstack, nova and swift talk to the local cloud')
    .action(async () => {
      const cloud = await ensureLocalCloud(home, remark, {}, env);
      print(openrc(cloud.env));
      done(exitCodes.done);
    });
}

function show(status: ServicesStatus, options: { json?: boolean }): void {
  if (options.json) {
    printJson(status);
    return;
  }
  const { temporal, cloud, worker } = status;
  const row = (name: string, pid: number | undefined, where: string): string[] => [
    name,
    pid === undefined ? 'not running' : `pid ${pid}`,
    where,
  ];
  print(
    renderTable([
      row(
        'Temporal server',
        temporal?.pid,
        temporal ? `${temporal.address}, UI ${temporal.ui}` : '',
      ),
      row('Local cloud', cloud?.pid, cloud?.authUrl ?? ''),
      row('Worker', worker?.pid, worker ? `account ${worker.accountId}` : ''),
    ]),
  );
}

/** Of `--machines`. */
export function toMachines(text: string): LocalMachines {
  if (text === 'simulated' || text === 'linux') return text;
  throw new InvalidArgumentError('must be simulated or linux');
}

function toProfile(text: string): LocalProfile {
  if (text === 'openstack' || text === 'rackspace') return text;
  throw new InvalidArgumentError('must be openstack or rackspace');
}
