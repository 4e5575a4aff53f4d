import type { FastifyBaseLogger } from 'fastify';
import type { FaultRules } from './fault-rules.js';
import type { Tokens } from './identity/tokens.js';
import type { ImageFiles } from './images/image-files.js';
import type { Machines } from './machines/machines.js';
import type { Snapshots } from './machines/snapshots.js';
import type { Profile, Quota } from './profiles.js';
import type { RateLimits } from './rate-limits.js';
import type { RequestCounts } from './request-counts.js';
import type { State } from './state.js';

/** What every service of one running cloud shares. */
export interface Cloud {
  readonly state: State;
  readonly profile: Profile;
  readonly tokens: Tokens;
  readonly machines: Machines;
  readonly imageFiles: ImageFiles;
  readonly snapshots: Snapshots;
  readonly faults: FaultRules;
  readonly counts: RequestCounts;
  readonly rateLimits: RateLimits;
  readonly log: FastifyBaseLogger;
  /** Where the cloud listens: `http://127.0.0.1:PORT`. */
  url: string;
  /** Where machines reach the cloud; the same as `url` when they are simulated. */
  internalUrl: string;
}

/** The account's quota: the profile's, with what the admin path has changed. */
export function quota(cloud: Pick<Cloud, 'state' | 'profile'>): Quota {
  const changed = cloud.state.settings.get('quota') as Partial<Quota> | undefined;
  return { ...cloud.profile.quota, ...changed };
}
