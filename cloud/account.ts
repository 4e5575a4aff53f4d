import { createHash, createHmac } from 'node:crypto';

/**
 * A cloud account with its credentials, as `resolveAccount` read it from the environment and `clouds.yaml`.
 * Never leaves the process: workflows and logs know it by {@link accountId}.
 */
export interface Account {
  provider: 'openstack' | 'rackspace';
  /** Base of the identity service, without version and trailing slash, e.g. `https://cloud.example:5000`. */
  authUrl: string;
  identityVersion: 'v2.0' | 'v3';
  region: string;
  username?: string;
  userId?: string;
  userDomainName?: string;
  userDomainId?: string;
  projectName?: string;
  projectId?: string;
  projectDomainName?: string;
  projectDomainId?: string;
  password?: string;
  /** Rackspace (`RAX-KSKEY:apiKeyCredentials`). */
  apiKey?: string;
  applicationCredential?: ApplicationCredential;
  /** PEM; replaces the built-in certificate authorities, as `OS_CACERT` does for the OpenStack clients. */
  caCert?: string;
  /** Which endpoints of the catalogue to use. @default 'public' */
  interface: 'public' | 'internal' | 'admin';
}

export interface ApplicationCredential {
  id?: string;
  /** With a name instead of an id the user must be named too. */
  name?: string;
  secret: string;
}

/** Variables whose presence says that the user means an account of their own, not the local cloud. */
const ACCOUNT_VARIABLES = [
  'OS_CLOUD',
  'OS_AUTH_URL',
  'OS_AUTH_SYSTEM',
  'NOVA_RAX_AUTH',
  'OS_PASSWORD',
  'OS_API_KEY',
  'RAX_API_KEY',
  'OS_APPLICATION_CREDENTIAL_ID',
  'OS_APPLICATION_CREDENTIAL_SECRET',
] as const;

/**
 * Whether the environment names an account. A `clouds.yaml` alone does not: it may list production clouds, and nobody
 * has chosen one until `OS_CLOUD` or an `OS_*` credential says so.
 */
export function hasAccount(env: NodeJS.ProcessEnv): boolean {
  return ACCOUNT_VARIABLES.some((name) => (env[name] ?? '') !== '');
}

/**
 * Eight hex digits that name the account without its secret: over identity service, project, region and user. The same
 * for every worker that names these alike, whatever secret it logs in with.
 */
export function accountId(account: Account): string {
  const credential = account.applicationCredential;
  // Keystone's built-in domain has the id `default` and the name `Default`.
  const domain = (id: string | undefined, name: string | undefined): string =>
    (id ?? name ?? '').toLowerCase();
  const identifying = [
    account.authUrl.toLowerCase(),
    account.projectId ?? account.projectName ?? '',
    account.projectId ? '' : domain(account.projectDomainId, account.projectDomainName),
    account.region.toLowerCase(),
    account.userId ?? account.username ?? credential?.id ?? credential?.name ?? '',
    account.userId ? '' : domain(account.userDomainId, account.userDomainName),
  ];
  return createHash('sha256').update(JSON.stringify(identifying)).digest('hex').slice(0, 8);
}

/**
 * 32 hex digits over the whole account, secret included, keyed with the root secret: shows that a worker runs with
 * other credentials than the client has, and tells nothing about them.
 */
export function accountFingerprint(account: Account, rootSecret: string | Uint8Array): string {
  const fields = Object.entries(account)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHmac('sha256', rootSecret)
    .update('kubeup account fingerprint\n')
    .update(JSON.stringify(fields))
    .digest('hex')
    .slice(0, 32);
}

/** The user's name as it goes into default names (`kubernetes-releases-<user>`, after `OS_USERNAME`). */
export function accountUser(account: Account): string {
  const credential = account.applicationCredential;
  return account.username ?? account.userId ?? credential?.name ?? credential?.id ?? 'user';
}

/** Everything of the account that may never be shown. */
export function accountSecrets(account: Account): readonly (string | undefined)[] {
  return [account.password, account.apiKey, account.applicationCredential?.secret];
}
