import { loadClientConnectConfig } from '@temporalio/envconfig';
import { Connection } from '@temporalio/client';
import type { HomePaths } from '../home/paths.js';
import { KubeupError } from '../cluster/errors.js';
import { searchAttributes } from '../workflows/interface.js';
import {
  ensureRunning,
  type BackgroundService,
  type RunningService,
} from './background-service.js';
import type { Log, TemporalEndpoint } from './service-types.js';
import { temporalExecutable } from './temporal-executable.js';

const namespace = 'default';

/** Histories of closed workflows are kept for 30 days; the server's own default is one day. */
const retentionSeconds = 30 * 24 * 3600;

/**
 * The Temporal server to work with: the one that `TEMPORAL_ADDRESS` or the profile in Temporal's TOML file
 * names, else an embedded one with its database in the home, started when it does not run.
 *
 * @throws KubeupError when the named server does not answer: it is not silently replaced by another
 */
export async function ensureTemporal(
  home: HomePaths,
  log: Log,
  env: NodeJS.ProcessEnv = process.env,
): Promise<TemporalEndpoint> {
  const named = await namedTemporal(env);
  if (named) return named;
  const running = await ensureRunning(home, embeddedTemporal(home, log, env), log);
  return { ...embeddedAddresses(running.ports), namespace, embedded: true };
}

/** Where an embedded server on these ports is found. */
export function embeddedAddresses(ports: Record<string, number>): { address: string; ui: string } {
  return { address: `127.0.0.1:${ports.grpc}`, ui: `http://127.0.0.1:${ports.ui}` };
}

/** Seconds the embedded server has to end once told to. */
export const temporalStopSeconds = 15;

async function namedTemporal(env: NodeJS.ProcessEnv): Promise<TemporalEndpoint | undefined> {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const config = loadClientConnectConfig({ overrideEnvVars });
  const { address } = config.connectionOptions;
  if (!address) return undefined;
  try {
    const connection = await Connection.connect({
      ...config.connectionOptions,
      connectTimeout: '5 seconds',
    });
    await connection.close();
  } catch (error) {
    throw new KubeupError(
      {
        kind: 'transient',
        reason: 'TemporalUnreachable',
        attempted: `connect to the Temporal server ${address}`,
        message: error instanceof Error ? error.message : String(error),
        cure:
          'Check TEMPORAL_ADDRESS and your Temporal profile, or unset them: then kubeup starts a ' +
          'server of its own.',
      },
      { cause: error },
    );
  }
  const ui = env.KUBEUP_TEMPORAL_UI ?? '';
  return { address, ui, namespace: config.namespace ?? namespace, embedded: false };
}

function embeddedTemporal(home: HomePaths, log: Log, env: NodeJS.ProcessEnv): BackgroundService {
  return {
    name: 'temporal',
    title: 'Temporal server',
    usualPorts: { grpc: 7233, ui: 8233 },
    inputs: {},
    startSeconds: 60,
    stopSeconds: temporalStopSeconds,
    async command(ports) {
      const file = await temporalExecutable(home.cache, env.PATH ?? '', log);
      log(`Temporal: starting ${file}, database ${home.temporalDb}`);
      return {
        file,
        args: serverArguments(home, ports),
        env: withoutTemporal(env),
        cwd: home.root,
      };
    },
    answers: prepareNamespace,
  };
}

function serverArguments(home: HomePaths, ports: Record<string, number>): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports.grpc)],
    ...['--ui-ip', '127.0.0.1', '--ui-port', String(ports.ui), '--ui-disable-news-fetch'],
    // Without WAL the server is three times slower, and workflow tasks time out under load.
    ...['--db-filename', home.temporalDb, '--sqlite-pragma', 'journal_mode=wal'],
    ...['--sqlite-pragma', 'synchronous=normal', '--log-level', 'warn'],
    ...Object.values(searchAttributes).flatMap((key) => [
      '--search-attribute',
      `${key.name}=Keyword`,
    ]),
  ];
}

/** A server that takes the longer retention answers for real: frontend, namespace and database. */
async function prepareNamespace(running: RunningService): Promise<boolean> {
  const connection = await Connection.connect({
    address: embeddedAddresses(running.ports).address,
    connectTimeout: '2 seconds',
  });
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const kept = config?.workflowExecutionRetentionTtl?.seconds;
    if (Number(kept) !== retentionSeconds) {
      await connection.workflowService.updateNamespace({
        namespace,
        config: { workflowExecutionRetentionTtl: { seconds: retentionSeconds as never } },
      });
    }
    return true;
  } finally {
    await connection.close();
  }
}

/** What the user set for other servers is not for this one. */
function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
