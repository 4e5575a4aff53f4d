import type { ClusterSpec } from '../cluster/spec.js';
import { RefusedError } from './client-errors.js';
import { readClusterChoice } from './configuration.js';
import type { ConfigurationInputs } from './configuration.js';
import { openAccount, openSession, openWorker } from './connect.js';
import type { OpenAccount } from './connect.js';
import { remark } from './terminal.js';

/** What is asked of a cluster that stands begins with. */
export interface ClusterAccess {
  account: OpenAccount;
  spec: ClusterSpec;
}

/**
 * The cluster that is meant, as its last bring-up works to it; sees to the worker that tells it.
 * @throws RefusedError when it was torn down, or is another account's
 */
export async function openCluster(inputs: ConfigurationInputs): Promise<ClusterAccess> {
  const account = await openAccount(inputs.env, remark);
  const { name } = await readClusterChoice(inputs, account.facts);
  const session = await openSession(inputs.env, remark);
  try {
    await session.clusters.checkAccount(name, account.reference);
    await openWorker(inputs.env, account, session.temporal, remark);
    const spec = await session.clusters.spec(name);
    if (spec === undefined) throw new RefusedError(name, `${name} was torn down.`);
    return { account, spec };
  } finally {
    await session.close();
  }
}
