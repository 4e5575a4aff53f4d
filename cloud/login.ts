import { KubeupError } from '../cluster/errors.js';
import type { Account } from './account.js';
import { header, parsedBody } from './answer.js';
import type { Answer } from './answer.js';
import { answerError, wrongAuthUrl } from './failures.js';
import type { Redact } from './failures.js';
import { createIdentity } from './pkgcloud.js';
import type { PkgcloudIdentity } from './pkgcloud.js';

/** A log-in that the cloud accepted. Never changes: a renewal makes another. */
export interface Login {
  /** A secret. */
  tokenId: string;
  projectId: string;
  /** Milliseconds since the epoch, by this machine's clock. */
  issuedAt: number;
  expiresAt: number;
  /** Holds the service catalogue. */
  identity: PkgcloudIdentity;
}

/** Sends one log-in request, with timeout and CA; pkgcloud's own sending has neither, and takes 429 for success. */
export type PostLogin = (url: string, body: unknown) => Promise<Answer>;

/**
 * Logs in as pkgcloud's identity would: its payload, its reading of token and catalogue. Application credentials,
 * which it does not know, are added here.
 *
 * @throws KubeupError `Unauthorized`, `WrongAuthUrl`, `NoProject` (blocked), or transient
 */
export async function logIn(account: Account, post: PostLogin, redact: Redact): Promise<Login> {
  const attempted = `log in to ${account.authUrl}`;
  const ways = waysToLogIn(account);
  for (const [index, way] of ways.entries()) {
    const identity = createIdentity(account);
    way(identity);
    const answer = await post(account.authUrl + identity.basePath, payloadOf(identity, account));
    if (answer.status === 401 && index < ways.length - 1) {
      continue;
    }
    if (answer.status < 200 || answer.status > 299) {
      throw answerError(attempted, answer, 'login', redact);
    }
    return readLogin(identity, answer, attempted);
  }
  throw new Error('an account has at least one way to log in');
}

type Way = (identity: PkgcloudIdentity) => void;

/**
 * Which secret to offer as what, in order. At Rackspace `OS_PASSWORD` may hold the API key (as its 2014 guides had it)
 * or the password, and only the cloud knows; the next is tried after a 401 only.
 */
function waysToLogIn({ provider, password, apiKey, username }: Account): Way[] {
  if (provider !== 'rackspace') {
    return [() => undefined];
  }
  // pkgcloud prefers a password when it has both.
  const byApiKey = (key: string): Way => {
    return (identity) => Object.assign(identity.options, { apiKey: key, password: undefined });
  };
  const byPassword = (word: string): Way => {
    return (identity) => Object.assign(identity.options, { apiKey: undefined, password: word });
  };
  if (username === undefined) {
    throw new Error('a Rackspace account has a user name');
  }
  return [
    ...(apiKey ? [byApiKey(apiKey)] : []),
    ...(password ? [byPassword(password)] : []),
    ...(password && !apiKey ? [byApiKey(password)] : []),
  ];
}

function payloadOf(identity: PkgcloudIdentity, account: Account): unknown {
  if (account.applicationCredential) {
    return applicationCredentialPayload(account, account.applicationCredential);
  }
  identity._buildAuthenticationPayload();
  const payload = identity._authenticationPayload;
  delete identity._authenticationPayload;
  if (!payload) {
    throw new Error('pkgcloud made no log-in request of the account');
  }
  if (
    account.identityVersion === 'v2.0' &&
    !payload.auth['tenantId'] &&
    !payload.auth['tenantName']
  ) {
    // pkgcloud adds the tenant where it sends the request, which is not used here.
    const { tenantId, tenantName } = identity.options;
    Object.assign(payload.auth, tenantId ? { tenantId } : tenantName ? { tenantName } : {});
  }
  return payload;
}

/** Keystone API v3, "Authenticating with an Application Credential": the credential holds the project already. */
function applicationCredentialPayload(
  account: Account,
  { id, name, secret }: NonNullable<Account['applicationCredential']>,
): unknown {
  const domain =
    account.userDomainName !== undefined
      ? { name: account.userDomainName }
      : { id: account.userDomainId ?? 'default' };
  const user =
    account.userId !== undefined ? { id: account.userId } : { name: account.username, domain };
  return {
    auth: {
      identity: {
        methods: ['application_credential'],
        application_credential: id !== undefined ? { id, secret } : { name, secret, user },
      },
    },
  };
}

function readLogin(identity: PkgcloudIdentity, answer: Answer, attempted: string): Login {
  const body = parsedBody(answer);
  if (body && lacksProject(body)) {
    throw new KubeupError({
      kind: 'blocked',
      reason: 'NoProject',
      attempted,
      message: 'the log-in succeeded but is not for any project',
      cure: 'Set OS_PROJECT_NAME (or OS_TENANT_NAME), then run `kubeup up` again',
    });
  }
  const { token } = parse(identity, body, answer);
  const projectId = token?.tenant?.id;
  if (!token?.id || !projectId || Number.isNaN(token.expires.getTime())) {
    // Quotes nothing of the body: a Keystone v2 answer holds the token.
    throw wrongAuthUrl(attempted, 'what answers there is not an identity service', answer);
  }
  const now = Date.now();
  // The cloud's clock tells how long the token lives; this machine's may be wrong by more than that.
  const issued = Date.parse(header(answer, 'date') ?? '') || now;
  return {
    tokenId: token.id,
    projectId,
    issuedAt: now,
    expiresAt: now + (token.expires.getTime() - issued),
    identity,
  };
}

/** pkgcloud's reader throws on whatever is not a full answer. */
function parse(identity: PkgcloudIdentity, body: unknown, answer: Answer): PkgcloudIdentity {
  try {
    identity._parseIdentityResponse(body, answer.headers);
  } catch {
    identity.token = undefined;
  }
  return identity;
}

/** pkgcloud reads on without looking: an unscoped v3 token makes it throw, an unscoped v2 one sends it guessing. */
function lacksProject(body: Record<string, unknown>): boolean {
  const { token, access } = body as {
    token?: { project?: unknown };
    access?: { token?: { tenant?: unknown } };
  };
  return (
    (token !== undefined && !token.project) || (access?.token !== undefined && !access.token.tenant)
  );
}
