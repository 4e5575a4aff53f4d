import type { Problem } from '../cluster/errors.js';
import { readNamedCloud } from './clouds-yaml.js';
import type { CloudsYamlOptions, NamedCloud } from './clouds-yaml.js';

const RACKSPACE_IDENTITY = 'https://identity.api.rackspacecloud.com';
const RACKSPACE_UK_IDENTITY = 'https://lon.identity.api.rackspacecloud.com';

/** The account's settings under the names that the OpenStack clients use for them in the environment. */
export type Settings = Record<string, string | undefined>;

/** Name in the environment, then its places in a cloud of `clouds.yaml`. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  OS_AUTH_URL: ['auth.auth_url'],
  OS_AUTH_TYPE: ['auth_type', 'auth_plugin'],
  OS_IDENTITY_API_VERSION: ['identity_api_version'],
  OS_USERNAME: ['auth.username', 'auth.user_name'],
  OS_USER_ID: ['auth.user_id'],
  OS_PASSWORD: ['auth.password'],
  OS_API_KEY: ['auth.api_key', 'auth.apikey'],
  OS_PROJECT_NAME: ['auth.project_name', 'auth.tenant_name'],
  OS_PROJECT_ID: ['auth.project_id', 'auth.tenant_id'],
  OS_USER_DOMAIN_NAME: ['auth.user_domain_name', 'auth.domain_name'],
  OS_USER_DOMAIN_ID: ['auth.user_domain_id', 'auth.domain_id'],
  OS_PROJECT_DOMAIN_NAME: ['auth.project_domain_name', 'auth.domain_name'],
  OS_PROJECT_DOMAIN_ID: ['auth.project_domain_id', 'auth.domain_id'],
  OS_APPLICATION_CREDENTIAL_ID: ['auth.application_credential_id'],
  OS_APPLICATION_CREDENTIAL_NAME: ['auth.application_credential_name'],
  OS_APPLICATION_CREDENTIAL_SECRET: ['auth.application_credential_secret'],
  OS_REGION_NAME: ['region_name'],
  OS_CACERT: ['cacert', 'verify'],
  OS_INTERFACE: ['interface', 'endpoint_type'],
};

/** Older or Rackspace's own names of the same settings. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  OS_PROJECT_NAME: ['OS_TENANT_NAME'],
  OS_PROJECT_ID: ['OS_TENANT_ID'],
  OS_USER_DOMAIN_NAME: ['OS_DOMAIN_NAME'],
  OS_USER_DOMAIN_ID: ['OS_DOMAIN_ID', 'OS_DEFAULT_DOMAIN'],
  OS_PROJECT_DOMAIN_ID: ['OS_DEFAULT_DOMAIN'],
  OS_API_KEY: ['RAX_API_KEY'],
  OS_INTERFACE: ['OS_ENDPOINT_TYPE'],
};

/**
 * Variables that would overrule what a named cloud says under another name: not taken where it says that. Whoever has
 * another account's variables set and names a cloud means the cloud.
 */
const OVERRULING: Readonly<Record<string, readonly string[]>> = {
  OS_USER_ID: ['OS_USERNAME'],
  OS_PROJECT_ID: ['OS_PROJECT_NAME'],
  OS_USER_DOMAIN_ID: ['OS_USER_DOMAIN_NAME'],
  OS_PROJECT_DOMAIN_ID: ['OS_PROJECT_DOMAIN_NAME'],
  OS_AUTH_TYPE: ['OS_PASSWORD', 'OS_API_KEY'],
  OS_APPLICATION_CREDENTIAL_ID: ['OS_APPLICATION_CREDENTIAL_NAME', 'OS_PASSWORD', 'OS_API_KEY'],
  OS_APPLICATION_CREDENTIAL_SECRET: ['OS_PASSWORD', 'OS_API_KEY'],
};

/** Every variable that may say something of an account, but for those that name a `clouds.yaml`. */
export const accountVariables: readonly string[] = [
  ...Object.keys(PLACES),
  ...Object.values(ALIASES).flat(),
  'OS_AUTH_SYSTEM',
  'NOVA_RAX_AUTH',
];

/** What the user said of the account, wherever it stands; nothing of it is checked yet. */
export interface AccountSettings {
  settings: Settings;
  provider: 'openstack' | 'rackspace';
  /** Of the places themselves: a cloud that is not there, TLS switched off. */
  problems: Problem[];
}

/**
 * Collects the settings from `OS_*` variables and `clouds.yaml` (`OS_CLOUD`; without it and without `OS_AUTH_URL` the
 * only cloud of the file). A named cloud's own settings win; the variables fill what it leaves out.
 *
 * It is a Rackspace account when one of these says so: `OS_AUTH_SYSTEM=rackspace` (or `rackspace_uk`), `NOVA_RAX_AUTH`,
 * an `auth_type` or profile `rackspace`, Rackspace's own identity host, or an API key with an identity URL ending in
 * `/v2.0`.
 */
export function collectAccountSettings(
  env: NodeJS.ProcessEnv,
  options: CloudsYamlOptions = {},
): AccountSettings {
  const { cloud, problems } = namedCloud(env, options);
  const settings = collect(env, cloud);
  const rackspace = isRackspace(env, settings, cloud);
  if (rackspace) {
    settings.OS_AUTH_URL ??= isRackspaceUk(env) ? RACKSPACE_UK_IDENTITY : RACKSPACE_IDENTITY;
  }
  return {
    settings,
    provider: rackspace ? 'rackspace' : 'openstack',
    problems: [...problems, ...insecureProblems(env, cloud)],
  };
}

function namedCloud(
  env: NodeJS.ProcessEnv,
  options: CloudsYamlOptions,
): { cloud?: NamedCloud; problems: Problem[] } {
  const direct = env.OS_AUTH_URL || env.OS_AUTH_SYSTEM || env.NOVA_RAX_AUTH;
  return !env.OS_CLOUD && direct ? { problems: [] } : readNamedCloud(env, options);
}

function collect(env: NodeJS.ProcessEnv, cloud: NamedCloud | undefined): Settings {
  const fromCloud = (name: string): string | undefined =>
    PLACES[name]?.map((place) => settingAt(cloud, place)).find((value) => value);
  const fromEnv = (name: string): string | undefined =>
    [name, ...(ALIASES[name] ?? [])].map((key) => env[key]).find((value) => value);
  return Object.fromEntries(
    Object.keys(PLACES).map((name) => {
      const isOverruling = OVERRULING[name]?.some((other) => fromCloud(other)) ?? false;
      return [name, fromCloud(name) ?? (isOverruling ? undefined : fromEnv(name))];
    }),
  );
}

function settingAt(cloud: NamedCloud | undefined, place: string): string | undefined {
  let value: unknown = cloud?.settings;
  for (const key of place.split('.')) {
    value = (value as Record<string, unknown> | null | undefined)?.[key];
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function isRackspace(
  env: NodeJS.ProcessEnv,
  settings: Settings,
  cloud: NamedCloud | undefined,
): boolean {
  const url = settings.OS_AUTH_URL;
  const saidByEnv = /^rackspace/i.test(env.OS_AUTH_SYSTEM ?? '') || isTrue(env.NOVA_RAX_AUTH);
  return (
    (saidByEnv && cloud === undefined) ||
    /^rackspace/i.test(settings.OS_AUTH_TYPE ?? '') ||
    settingAt(cloud, 'profile') === 'rackspace' ||
    /\bidentity\.api\.rackspacecloud\.com(?:[:/]|$)/i.test(url ?? '') ||
    (settings.OS_API_KEY !== undefined && /\/v2\.0\/?$/.test(url ?? ''))
  );
}

function isRackspaceUk(env: NodeJS.ProcessEnv): boolean {
  return /uk$/i.test(env.OS_AUTH_SYSTEM ?? '');
}

function insecureProblems(env: NodeJS.ProcessEnv, cloud: NamedCloud | undefined): Problem[] {
  const problems: Problem[] = [];
  const message = 'kubeup always verifies TLS: name the CA of the cloud by OS_CACERT instead';
  if (isTrue(env.OS_INSECURE)) {
    problems.push({ field: 'OS_INSECURE', value: env.OS_INSECURE, message });
  }
  const { verify, insecure } = (cloud?.settings ?? {}) as { verify?: unknown; insecure?: unknown };
  if (verify === false || insecure === true) {
    problems.push({
      field: 'OS_INSECURE',
      value: `verify: false of cloud ${cloud?.name ?? ''}`,
      message,
    });
  }
  return problems;
}

function isTrue(value: string | undefined): boolean {
  return /^(1|true|yes|on)$/i.test(value ?? '');
}
