import { createHash, randomBytes } from 'node:crypto';
import { hexId } from './ids.js';
import type { Profile } from './profiles.js';
import type { AccountRecord } from './records.js';
import type { State } from './state.js';

const KEY = 'account';

/** The account of this cloud. */
export function account(state: State): AccountRecord {
  const found = state.settings.get(KEY) as AccountRecord | undefined;
  if (found === undefined) throw new Error('The cloud has no account: it was not seeded');
  return found;
}

/**
 * Makes the account on the first start. `LOCAL_CLOUD_PASSWORD` and `LOCAL_CLOUD_API_KEY` set its
 * secrets, on later starts too; else they are random.
 */
export function ensureAccount(state: State, profile: Profile, env: NodeJS.ProcessEnv): void {
  state.transaction(() => {
    const found = state.settings.get(KEY) as AccountRecord | undefined;
    const record = found ?? newAccount(state, profile);
    record.password = env.LOCAL_CLOUD_PASSWORD || record.password;
    record.apiKey = env.LOCAL_CLOUD_API_KEY || record.apiKey;
    state.settings.put(KEY, record);
  });
}

/** Changes the account's secrets. */
export function changeAccount(
  state: State,
  change: { password?: string | undefined; apiKey?: string | undefined },
): void {
  state.transaction(() => {
    const record = account(state);
    record.password = change.password ?? record.password;
    record.apiKey = change.apiKey ?? record.apiKey;
    state.settings.put(KEY, record);
  });
}

/** How an application credential's secret is kept. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** A secret as Keystone makes them for application credentials. */
export function newSecret(): string {
  return randomBytes(64).toString('base64url');
}

function newAccount(state: State, profile: Profile): AccountRecord {
  const applicationCredential = { id: hexId(), secret: newSecret() };
  state.applicationCredentials.put(applicationCredential.id, {
    id: applicationCredential.id,
    name: 'local-cloud',
    description: null,
    secretHash: secretHash(applicationCredential.secret),
    expiresAt: null,
    unrestricted: null,
  });
  return {
    username: profile.username,
    userId: hexId(),
    password: randomBytes(12).toString('base64url'),
    apiKey: hexId(),
    projectName: profile.projectName,
    projectId: profile.name === 'rackspace' ? profile.projectName : hexId(),
    applicationCredential,
    roles: [
      { id: hexId(), name: 'reader' },
      { id: hexId(), name: 'member' },
    ],
    tokenKey: randomBytes(32).toString('base64'),
  };
}
