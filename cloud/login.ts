import { z } from 'zod';
import { KubeupError } from '../cluster/errors.js';
import type { Account } from './account.js';
import { header, parsedBody } from './answer.js';
import type { Answer } from './answer.js';
import { readCatalogV2, readCatalogV3 } from './catalogue.js';
import type { Endpoint } from './catalogue.js';
import { answerError, WRONG_AUTH_URL } from './failures.js';
import type { Redact } from './redact.js';

/** A log-in that the cloud accepted. Never changes: a renewal makes another. */
export interface Login {
  /** A secret. */
  tokenId: string;
  projectId: string;
  /** Milliseconds since the epoch, by this machine's clock. */
  issuedAt: number;
  expiresAt: number;
  catalogue: readonly Endpoint[];
}

/** Sends one log-in request. */
export type PostLogin = (url: string, body: unknown) => Promise<Answer>;

/**
 * Logs in to Keystone. Not by pkgcloud's identity, which has no timeout and no CA, takes 429 for success, does not
 * know application credentials, and guesses a project when the account has none.
 *
 * @throws KubeupError `Unauthorized`, `WrongAuthUrl`, `NoProject` (blocked), or transient
 */
export async function logIn(account: Account, post: PostLogin, redact: Redact): Promise<Login> {
  const attempted = `log in to ${account.authUrl}`;
  const isV3 = account.identityVersion === 'v3';
  const url = account.authUrl + (isV3 ? '/v3/auth/tokens' : '/v2.0/tokens');
  const ways = isV3 ? [v3Request(account)] : v2Requests(account);
  for (const [index, body] of ways.entries()) {
    const answer = await post(url, body);
    if (answer.status === 401 && index < ways.length - 1) {
      continue;
    }
    if (answer.status < 200 || answer.status > 299) {
      throw answerError(attempted, answer, redact, 'login');
    }
    return isV3 ? readV3(answer, attempted) : readV2(answer, attempted);
  }
  throw new Error('an account has at least one way to log in');
}

/** Keystone API v3, "Password authentication with scoped authorization" and "… with an Application Credential". */
function v3Request(account: Account): unknown {
  const { applicationCredential: credential, password } = account;
  const user =
    account.userId !== undefined
      ? { id: account.userId }
      : {
          name: account.username,
          domain: domain(account.userDomainId, account.userDomainName),
        };
  if (credential) {
    const { id, name, secret } = credential;
    // It holds the project already: naming one is refused.
    const application_credential = id !== undefined ? { id, secret } : { name, secret, user };
    return {
      auth: { identity: { methods: ['application_credential'], application_credential } },
    };
  }
  const project =
    account.projectId !== undefined
      ? { id: account.projectId }
      : {
          name: account.projectName,
          domain: domain(account.projectDomainId, account.projectDomainName),
        };
  return {
    auth: {
      identity: { methods: ['password'], password: { user: { ...user, password } } },
      scope: { project },
    },
  };
}

function domain(id: string | undefined, name: string | undefined): unknown {
  return id === undefined && name !== undefined ? { name } : { id: id ?? 'default' };
}

/**
 * Which secret to offer as what, in order. At Rackspace `OS_PASSWORD` may hold the API key (as its 2014 guides had it)
 * or the password, and only the cloud knows; the next is tried after a 401 only.
 */
function v2Requests(account: Account): unknown[] {
  const { username, userId, password, apiKey } = account;
  const tenant =
    account.projectId !== undefined
      ? { tenantId: account.projectId }
      : account.projectName !== undefined
        ? { tenantName: account.projectName }
        : {};
  const byApiKey = (key: string): unknown => ({
    auth: { 'RAX-KSKEY:apiKeyCredentials': { username, apiKey: key }, ...tenant },
  });
  const user = username === undefined ? { userId } : { username };
  const byPassword = { auth: { passwordCredentials: { ...user, password }, ...tenant } };
  if (account.provider === 'openstack') {
    return [byPassword];
  }
  return [
    ...(apiKey ? [byApiKey(apiKey)] : []),
    ...(password ? [byPassword] : []),
    ...(password && !apiKey ? [byApiKey(password)] : []),
  ];
}

const v3Schema = z.object({
  token: z.object({
    expires_at: z.string(),
    project: z.object({ id: z.string() }).optional(),
    catalog: z.unknown().optional(),
  }),
});

function readV3(answer: Answer, attempted: string): Login {
  const token = v3Schema.safeParse(parsedBody(answer)).data?.token;
  const id = header(answer, 'x-subject-token');
  if (!token || !id) {
    throw notIdentity(attempted, answer);
  }
  return toLogin(answer, attempted, {
    id,
    expires: token.expires_at,
    projectId: token.project?.id,
    catalogue: readCatalogV3(token.catalog),
  });
}

const v2Schema = z.object({
  access: z.object({
    token: z.object({
      id: z.string(),
      expires: z.string(),
      tenant: z.object({ id: z.string() }).optional(),
    }),
    serviceCatalog: z.unknown().optional(),
  }),
});

function readV2(answer: Answer, attempted: string): Login {
  const access = v2Schema.safeParse(parsedBody(answer)).data?.access;
  if (!access) {
    throw notIdentity(attempted, answer);
  }
  return toLogin(answer, attempted, {
    id: access.token.id,
    expires: access.token.expires,
    projectId: access.token.tenant?.id,
    catalogue: readCatalogV2(access.serviceCatalog),
  });
}

function toLogin(
  answer: Answer,
  attempted: string,
  token: { id: string; expires: string; projectId: string | undefined; catalogue: Endpoint[] },
): Login {
  const expires = Date.parse(token.expires);
  if (Number.isNaN(expires)) {
    throw notIdentity(attempted, answer);
  }
  if (token.projectId === undefined) {
    throw new KubeupError({
      kind: 'blocked',
      reason: 'NoProject',
      attempted,
      message: 'the log-in succeeded but is not for any project',
      cure: 'Set OS_PROJECT_NAME (or OS_TENANT_NAME), then run `kubeup up` again',
    });
  }
  const now = Date.now();
  // The cloud's clock tells how long the token lives; this machine's may be wrong by more than that.
  const issued = Date.parse(header(answer, 'date') ?? '') || now;
  return {
    tokenId: token.id,
    projectId: token.projectId,
    issuedAt: now,
    expiresAt: now + (expires - issued),
    catalogue: token.catalogue,
  };
}

/** Quotes nothing of the body: a Keystone v2.0 answer holds the token. */
function notIdentity(attempted: string, { status }: Answer): KubeupError {
  const message = 'what answers there is not an identity service';
  return new KubeupError({ ...WRONG_AUTH_URL, attempted, message, status });
}
