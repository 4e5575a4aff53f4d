import type { Account } from './account.js';
import { openCompute } from './compute.js';
import { openIdentity } from './identity.js';
import { openKeyPairs } from './key-pairs.js';
import { openNetwork } from './network.js';
import { openObjectStorage } from './object-storage.js';
import type { Cloud } from './port.js';
import { Session } from './session.js';
import type { SessionOptions } from './session.js';

/** Opens an account. Nothing is asked of the cloud until the first call; all calls share one token. */
export function openCloud(account: Account, options: SessionOptions = {}): Cloud {
  const session = new Session(account, options);
  const { provider, region } = account;
  return {
    provider,
    region,
    identity: openIdentity(session),
    compute: openCompute(session, provider),
    keyPairs: openKeyPairs(session),
    network: openNetwork(session),
    objectStorage: openObjectStorage(session, provider),
  };
}
