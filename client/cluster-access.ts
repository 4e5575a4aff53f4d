import type { ClusterSpec } from '../cluster/spec.js';
import { RefusedError } from './client-errors.js';
import { readClusterChoice } from './configuration.js';
import type { ConfigurationInputs } from './configuration.js';
import { openAccount, openSession, openWorker } from './connect.js';
import type { OpenAccount, Session } from './connect.js';
import { remark } from './terminal.js';

/** What is asked of a cluster that stands begins with. */
export interface ClusterAccess {
  account: OpenAccount;
  spec: ClusterSpec;
}

/** The cluster that is meant, and who may be asked about it. */
export interface ClusterSession {
  account: OpenAccount;
  name: string;
  session: Session;
}

/**
 * Works with the cluster that is meant, once it is known to be this account's and has a worker; closes the session.
 * @throws RefusedError when it is another account's
 */
export async function withCluster<T>(
  inputs: ConfigurationInputs,
  work: (cluster: ClusterSession) => Promise<T>,
): Promise<T> {
  const account = await openAccount(inputs.env, remark);
  const { name } = await readClusterChoice(inputs, account.facts);
  const session = await openSession(inputs.env, remark);
  try {
    await session.clusters.checkAccount(name, account.reference);
    await openWorker(inputs.env, account, session.temporal, remark);
    return await work({ account, name, session });
  } finally {
    await session.close();
  }
}

/**
 * The cluster that is meant, as its last bring-up works to it.
 * @throws RefusedError when it was torn down, or is another account's
 */
export function openCluster(inputs: ConfigurationInputs): Promise<ClusterAccess> {
  return withCluster(inputs, async ({ account, name, session }) => {
    const spec = await session.clusters.spec(name);
    if (spec === undefined) throw new RefusedError(name, `${name} was torn down.`);
    return { account, spec };
  });
}
