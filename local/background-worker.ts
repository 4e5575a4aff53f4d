import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../home/package-root.js';
import type { HomePaths } from '../home/paths.js';
import { ensureRunning, type BackgroundService } from './background-service.js';
import { isRunning, readRecord } from './service-record.js';
import type { Log, TemporalEndpoint, WorkerAccount } from './service-types.js';

/** Seconds a worker has to finish or hand back what it is doing once told to end. */
export const workerStopSeconds = 30;

/** Start of every worker's service name; the account id follows. */
export const workerPrefix = 'worker-';

/** Variables that name an account or hold its credentials. */
const accountVariable = /^(?:OS|RAX|NOVA|ST|SWIFT)_/;

/**
 * The background worker of an account: found polling, or started; started again when the account's
 * credentials, the Temporal server, the proxy to the machines or the compiled program changed.
 *
 * @param accountEnv the variables that hold the account. They reach the worker in its environment, and
 *   no other variable about an account does.
 */
export async function ensureWorker(
  home: HomePaths,
  account: WorkerAccount,
  accountEnv: Record<string, string>,
  temporal: TemporalEndpoint,
  log: Log,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ pid: number }> {
  const service = await workerService(home, account, accountEnv, temporal, env);
  const { pid } = await ensureRunning(home, service, log);
  return { pid };
}

/** How the worker of an account is run, and what it is run with. */
export async function workerService(
  home: HomePaths,
  account: WorkerAccount,
  accountEnv: Record<string, string>,
  temporal: TemporalEndpoint,
  env: NodeJS.ProcessEnv,
): Promise<BackgroundService> {
  const given = { ...withoutAccount(env), ...accountEnv };
  return {
    name: `${workerPrefix}${account.accountId}`,
    title: 'Worker',
    usualPorts: {},
    inputs: {
      credentials: account.fingerprint,
      Temporal: `${temporal.address} ${temporal.namespace}`,
      // By its digest: its address may hold a password, and inputs are written down.
      'machine proxy': digest(given.KUBEUP_MACHINE_PROXY ?? ''),
      build: await buildId(),
    },
    startSeconds: 60,
    stopSeconds: workerStopSeconds,
    command: () =>
      Promise.resolve({
        file: process.execPath,
        args: ['--enable-source-maps', path.join(packageRoot(), 'dist/worker.js')],
        env: {
          ...given,
          KUBEUP_HOME: home.root,
          TEMPORAL_ADDRESS: temporal.address,
          TEMPORAL_NAMESPACE: temporal.namespace,
        },
        // Where `clouds.yaml` and certificates may be named from.
        cwd: process.cwd(),
      }),
    answers: (running) => Promise.resolve(saidReady(running.output())),
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Fingerprint of the credentials that the account's worker of this home works with, if one runs. */
export async function credentialsOfWorker(
  home: HomePaths,
  accountId: string,
): Promise<string | undefined> {
  const record = await readRecord(home, `${workerPrefix}${accountId}`);
  return isRunning(record) ? record.inputs.credentials : undefined;
}

function withoutAccount(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !accountVariable.test(name)));
}

/** The worker prints one JSON line when it polls. */
function saidReady(output: string): boolean {
  return output.split('\n').some((line) => /^\{"event":"ready"[,}]/.test(line));
}

/** Changes when anything does that a worker runs: its compiled code, start scripts or libraries. */
async function buildId(): Promise<string> {
  const root = packageRoot();
  const compiled = (await readdir(path.join(root, 'dist'), { recursive: true }))
    .filter((file) => file.endsWith('.js') && !/^(?:client|local)\b/.test(file))
    .map((file) => path.join('dist', file));
  const scripts = (await readdir(path.join(root, 'boot')))
    .filter((file) => file.endsWith('.sh'))
    .map((file) => path.join('boot', file));
  const hash = createHash('sha256');
  for (const file of [...compiled, ...scripts, 'package.json'].sort()) {
    hash.update(`${file}\0`).update(await readFile(path.join(root, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
