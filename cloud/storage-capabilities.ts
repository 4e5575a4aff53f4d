import { z } from 'zod';
import { KubeupError } from '../cluster/errors.js';
import type { CallOptions } from './port.js';
import type { Session } from './session.js';
import { usableDigests } from './temp-url.js';
import type { TempUrlDigest } from './temp-url.js';

/** What an object storage can do that not every one can. */
export interface StorageCapabilities {
  /** Best first; empty without temp URLs. */
  tempUrlDigests: TempUrlDigest[];
  tempUrlMethods: string[];
  /** Of one static large object; 0 without them. */
  maxSegments: number;
}

/** What Swift's documentation promises where `/info` is switched off; Cloud Files holds to it. */
const UNTOLD: StorageCapabilities = {
  tempUrlDigests: ['sha1'],
  tempUrlMethods: ['GET', 'HEAD', 'PUT'],
  maxSegments: 1000,
};

const infoSchema = z.object({
  swift: z.record(z.string(), z.unknown()),
  tempurl: z
    .object({
      allowed_digests: z.array(z.string()).optional(),
      methods: z.array(z.string()).optional(),
    })
    .optional(),
  slo: z.object({ max_manifest_segments: z.number().optional() }).optional(),
});

/** `/info` stands beside the account's address; some proxies put it at the host's root only, some hide it. */
export async function readStorageCapabilities(
  session: Session,
  options?: CallOptions,
): Promise<StorageCapabilities> {
  const storageUrl = new URL(await session.serviceUrl('object-store', options));
  const prefix = /^(.*?)\/v\d+(?:\.\d+)?(?:\/|$)/.exec(storageUrl.pathname)?.[1] ?? '';
  for (const path of new Set([`${prefix}/info`, '/info'])) {
    const answer = await session
      .request(
        'object-store',
        'read what the object storage can do',
        { uri: storageUrl.origin + path },
        options,
      )
      .catch(hiddenIsUndefined);
    // What is no such document, with whatever status, is the answer of something else.
    const info = infoSchema.safeParse(answer?.body).data;
    if (info) {
      const { tempurl, slo } = info;
      return {
        tempUrlDigests: tempurl ? usableDigests(tempurl.allowed_digests) : [],
        tempUrlMethods: tempurl ? (tempurl.methods ?? UNTOLD.tempUrlMethods) : [],
        maxSegments: slo ? (slo.max_manifest_segments ?? UNTOLD.maxSegments) : 0,
      };
    }
  }
  return UNTOLD;
}

/** Refused or unknown there; a rate limit or an outage is neither. */
function hiddenIsUndefined(error: unknown): undefined {
  const failure = error instanceof KubeupError ? error.failure : undefined;
  const isHidden = failure?.status === 404 || (failure?.kind === 'blocked' && failure.status);
  if (!isHidden) {
    throw error;
  }
}
