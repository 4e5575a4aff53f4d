import { existsSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { accountFingerprint, accountId, accountUser, hasAccount } from '../cloud/account.js';
import type { Account } from '../cloud/account.js';
import { openCloud } from '../cloud/open.js';
import { resolveAccount } from '../cloud/resolve-account.js';
import { InvalidSpecError, KubeupError } from '../cluster/errors.js';
import type { CloudReference } from '../cluster/spec.js';
import { homePaths } from '../home/paths.js';
import { loadRootSecret } from '../home/root-secret.js';
import {
  credentialsOfWorker,
  ensureLocalCloud,
  ensureTemporal,
  ensureWorker,
  runningLocalCloud,
} from '../local/services.js';
import type { Log, TemporalEndpoint } from '../local/services.js';
import { accountEnvironment } from './account-environment.js';
import { ClusterClient } from './cluster-client.js';
import type { AccountFacts } from './configuration.js';
import { registerSearchAttributes } from './register-search-attributes.js';

/** The account that commands work on. */
export interface OpenAccount {
  account: Account;
  reference: CloudReference;
  facts: AccountFacts;
  /** The variables that hold it. Secret. */
  env: Record<string, string>;
}

/** What can be told of the account before anything is started: wrong credentials' form, the user's name. */
export async function accountFacts(env: NodeJS.ProcessEnv): Promise<AccountFacts> {
  if (!hasAccount(env)) {
    const provider = env.KUBEUP_LOCAL_PROFILE === 'rackspace' ? 'rackspace' : 'openstack';
    return { user: 'local', provider, local: true };
  }
  const account = resolveAccount(env);
  return factsOf(account, await isLocal(env, account));
}

/** Opens the account of the environment; without one, the local cloud of this home, started when needed. */
export async function openAccount(env: NodeJS.ProcessEnv, log: Log): Promise<OpenAccount> {
  if (hasAccount(env)) {
    const account = resolveAccount(env);
    const facts = factsOf(account, await isLocal(env, account));
    return { account, reference: referenceOf(account), facts, env: accountEnvironment(env) };
  }
  const cloud = await ensureLocalCloud(homePaths(env), log, {}, env);
  const account = resolveAccount({ ...env, ...cloud.env });
  return {
    account,
    reference: referenceOf(account),
    facts: factsOf(account, true),
    env: cloud.env,
  };
}

/** Whether this home has, or ever had, a local cloud. */
export function hasLocalCloud(env: NodeJS.ProcessEnv): boolean {
  return existsSync(homePaths(env).cloud);
}

/** Whether a Temporal server is named by the environment or profile, or this home ever had its own. */
export function hasTemporal(env: NodeJS.ProcessEnv): boolean {
  return (
    existsSync(homePaths(env).temporalDb) ||
    loadClientConnectConfig({ overrideEnvVars: definedOnly(env) }).connectionOptions.address !==
      undefined
  );
}

/** A connection to Temporal, and the clusters behind it. */
export interface Session {
  clusters: ClusterClient;
  temporal: TemporalEndpoint;
  /** Address of a run in the Temporal UI; empty when the UI's address is not known. */
  link(run: { id: string; runId: string }): string;
  close(): Promise<void>;
}

/** Connects to the Temporal server of the environment, else to the embedded one, started when needed. */
export async function openSession(env: NodeJS.ProcessEnv, log: Log): Promise<Session> {
  const temporal = await ensureTemporal(homePaths(env), log, env);
  const config = temporal.embedded
    ? { connectionOptions: { address: temporal.address }, namespace: temporal.namespace }
    : loadClientConnectConfig({ overrideEnvVars: definedOnly(env) });
  const connection = await Connection.connect(config.connectionOptions);
  const namespace = config.namespace ?? temporal.namespace;
  const client = new Client({ connection, namespace });
  await registerSearchAttributes(client);
  return {
    clusters: new ClusterClient(client),
    temporal,
    link: ({ id, runId }) =>
      temporal.ui &&
      `${temporal.ui}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(id)}/${runId}`,
    close: () => connection.close(),
  };
}

/**
 * Sees to a worker of the account in the background. `KUBEUP_WORKER=external` says that others run it
 * (a service, a deployment of their own).
 * @throws InvalidSpecError when a worker of other credentials would have to make way for wrong ones
 */
export async function openWorker(
  env: NodeJS.ProcessEnv,
  account: OpenAccount,
  temporal: TemporalEndpoint,
  log: Log,
): Promise<void> {
  if (env.KUBEUP_WORKER === 'external') return;
  const fingerprint = accountFingerprint(account.account, await loadRootSecret(env));
  const worker = { accountId: account.reference.accountId, fingerprint };
  const running = await credentialsOfWorker(homePaths(env), worker.accountId);
  // A mistyped password must not end a worker whose own is right.
  if (running !== undefined && running !== fingerprint) {
    await refuseWrong(account.account);
  }
  await ensureWorker(homePaths(env), worker, account.env, temporal, log, env);
}

/** @throws InvalidSpecError when nobody can log in with this account */
async function refuseWrong(account: Account): Promise<void> {
  try {
    await openCloud(account).identity.authenticate();
  } catch (error) {
    if (!(error instanceof KubeupError) || error.failure.kind === 'transient') throw error;
    throw new InvalidSpecError([
      { field: 'account', value: accountUser(account), message: error.message },
    ]);
  }
}

async function isLocal(env: NodeJS.ProcessEnv, account: Account): Promise<boolean> {
  const local = await runningLocalCloud(homePaths(env));
  return local !== undefined && new URL(local.authUrl).host === new URL(account.authUrl).host;
}

function factsOf(account: Account, local: boolean): AccountFacts {
  return { user: accountUser(account), provider: account.provider, local };
}

function referenceOf(account: Account): CloudReference {
  return {
    accountId: accountId(account),
    provider: account.provider,
    region: account.region,
  };
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
