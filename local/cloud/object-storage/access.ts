import { account as cloudAccount } from '../account.js';
import type { Cloud } from '../cloud.js';
import { identityUri } from '../identity/login.js';
import { listingsAllowed, referrerAllowed } from './acl.js';
import { swiftFault, unauthorized } from './faults.js';
import type { StoragePath } from './request.js';

/** What a requester may touch. */
export interface Access {
  /** Owners see ACLs and temp URL keys. */
  readonly isOwner: boolean;
  /**
   * @param readAcl the container's, when it is only read from
   * @throws {HttpFault} 401 without a token, 403 with one that is not enough
   */
  require(path: StoragePath, readAcl?: string): void;
}

/** The name of the project's account. */
export function accountName(cloud: Cloud): string {
  return `AUTH_${cloudAccount(cloud.state).projectId}`;
}

/** The access that a token gives; without a valid one, what containers let everyone do. */
export function tokenAccess(
  cloud: Cloud,
  headers: { 'x-auth-token'?: unknown; 'x-storage-token'?: unknown; referer?: string | undefined },
): Access {
  const text = headers['x-auth-token'] ?? headers['x-storage-token'];
  const token = cloud.tokens.check(typeof text === 'string' ? text : undefined);
  const own = accountName(cloud);
  const isOwner = token?.projectId !== undefined;
  return {
    isOwner,
    require: (path, readAcl) => {
      if (isOwner && path.account === own) return;
      const byReferrer = referrerAllowed(readAcl, headers.referer);
      if (byReferrer && (path.object !== undefined || listingsAllowed(readAcl))) return;
      throw token === undefined ? unauthorized(path.account, identityUri(cloud)) : swiftFault(403);
    },
  };
}

/** The access of a temp URL: the account, or the container whose key it was signed with. */
export function signedAccess(cloud: Cloud, scope: StoragePath): Access {
  return {
    isOwner: false,
    require: ({ account, container }) => {
      if (account !== scope.account || (scope.container ?? container) !== container) {
        throw unauthorized(account, identityUri(cloud));
      }
    },
  };
}
