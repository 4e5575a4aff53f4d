import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Problem } from '../cluster/errors.js';
import { InvalidSpecError } from '../cluster/errors.js';
import type { Account } from './account.js';
import { collectAccountSettings } from './account-settings.js';
import type { Settings } from './account-settings.js';
import type { CloudsYamlOptions } from './clouds-yaml.js';

const SECRETS = new Set(['OS_PASSWORD', 'OS_API_KEY', 'OS_APPLICATION_CREDENTIAL_SECRET']);

/** Rackspace's API keys; in 2014 `OS_PASSWORD` held one for the `rackspace` auth system. */
const API_KEY = /^[0-9a-f]{32}$/;

/**
 * Reads the account from the environment and `clouds.yaml`, as {@link collectAccountSettings} finds it there.
 *
 * Rackspace's key is `OS_API_KEY`, `RAX_API_KEY`, or `OS_PASSWORD` as it was usage in 2014; `OS_PASSWORD` may be the
 * password as well, and whichever the cloud takes is used.
 *
 * @throws InvalidSpecError with every problem at once; a secret's value is in none of them
 */
export function resolveAccount(env: NodeJS.ProcessEnv, options: CloudsYamlOptions = {}): Account {
  const { settings, provider, problems } = collectAccountSettings(env, options);
  const caCert = readCaCert(settings.OS_CACERT, problems);
  const parsed = accountSchema.safeParse(settings);
  // A cloud that was not found leaves everything unset: one problem says it, twenty would hide it.
  if (!problems.some(({ field }) => field === 'OS_CLOUD' || field === 'OS_CLIENT_CONFIG_FILE')) {
    problems.push(...(parsed.error?.issues ?? []).map((issue) => toProblem(issue, settings)));
    problems.push(...missingCredentials(settings, provider));
  }
  if (problems.length > 0 || !parsed.success) {
    throw new InvalidSpecError(problems);
  }
  const account =
    provider === 'rackspace' ? rackspaceAccount(parsed.data) : openstackAccount(parsed.data);
  return caCert === undefined ? account : { ...account, caCert };
}

function readCaCert(file: string | undefined, problems: Problem[]): string | undefined {
  if (file === undefined) {
    return undefined;
  }
  try {
    const pem = readFileSync(file, 'utf8');
    if (pem.includes('-----BEGIN CERTIFICATE-----')) {
      return pem;
    }
    problems.push({ field: 'OS_CACERT', value: file, message: 'holds no PEM certificate' });
  } catch (error) {
    problems.push({
      field: 'OS_CACERT',
      value: file,
      message: `cannot be read: ${(error as Error).message}`,
    });
  }
  return undefined;
}

const optional = z.string().optional();

/** Shape of each setting by itself; which of them belong together says {@link missingCredentials}. */
const accountSchema = z.object({
  OS_AUTH_URL: z
    .string({
      error: 'must be set: the address of the identity service, e.g. https://cloud.example:5000/v3',
    })
    .refine(isHttpUrl, { error: 'must be an http:// or https:// URL without user or query' }),
  OS_REGION_NAME: z.string({ error: 'must be set: the region to work in, e.g. RegionOne or ORD' }),
  OS_AUTH_TYPE: optional,
  OS_IDENTITY_API_VERSION: z
    .string()
    .regex(/^v?[23](\.0)?$/, { error: 'must be 2 or 3' })
    .optional(),
  OS_USERNAME: optional,
  OS_USER_ID: optional,
  OS_PASSWORD: optional,
  OS_API_KEY: optional,
  OS_PROJECT_NAME: optional,
  OS_PROJECT_ID: optional,
  OS_USER_DOMAIN_NAME: optional,
  OS_USER_DOMAIN_ID: optional,
  OS_PROJECT_DOMAIN_NAME: optional,
  OS_PROJECT_DOMAIN_ID: optional,
  OS_APPLICATION_CREDENTIAL_ID: optional,
  OS_APPLICATION_CREDENTIAL_NAME: optional,
  OS_APPLICATION_CREDENTIAL_SECRET: optional,
  OS_INTERFACE: z
    .string()
    .regex(/^(public|internal|admin)(URL)?$/, { error: 'must be public, internal or admin' })
    .optional(),
});

type Parsed = z.infer<typeof accountSchema>;

function missingCredentials(values: Settings, provider: Account['provider']): Problem[] {
  const missing: Problem[] = [];
  const mustBe = (field: string, message: string): void => {
    missing.push({ field, value: undefined, message: `must be ${message}` });
  };
  if (provider === 'rackspace') {
    if (!values.OS_USERNAME) {
      mustBe('OS_USERNAME', 'set: the Rackspace user name');
    }
    if (!values.OS_API_KEY && !values.OS_PASSWORD) {
      mustBe('OS_PASSWORD', 'set, or OS_API_KEY: the API key or password of the user');
    }
    return missing;
  }
  if (usesApplicationCredential(values)) {
    if (!values.OS_APPLICATION_CREDENTIAL_SECRET) {
      mustBe('OS_APPLICATION_CREDENTIAL_SECRET', 'set with the application credential');
    }
    if (!values.OS_APPLICATION_CREDENTIAL_ID && !values.OS_APPLICATION_CREDENTIAL_NAME) {
      mustBe('OS_APPLICATION_CREDENTIAL_ID', 'set with the application credential');
    }
    if (!values.OS_APPLICATION_CREDENTIAL_ID && !values.OS_USERNAME && !values.OS_USER_ID) {
      mustBe('OS_USERNAME', 'set when the application credential is given by name');
    }
    if (identityVersion(values) === 'v2.0') {
      mustBe('OS_AUTH_URL', 'of identity version 3 for an application credential');
    }
    return missing;
  }
  if (!values.OS_USERNAME && !values.OS_USER_ID) {
    mustBe('OS_USERNAME', 'set, or OS_USER_ID, or an application credential');
  }
  if (!values.OS_PASSWORD) {
    mustBe('OS_PASSWORD', 'set, or an application credential');
  }
  if (!values.OS_PROJECT_NAME && !values.OS_PROJECT_ID) {
    mustBe('OS_PROJECT_NAME', 'set, or OS_PROJECT_ID: the project to work in');
  }
  return missing;
}

function rackspaceAccount(values: Parsed): Account {
  const apiKey =
    values.OS_API_KEY ?? (API_KEY.test(values.OS_PASSWORD ?? '') ? values.OS_PASSWORD : undefined);
  return {
    ...commonFields(values),
    provider: 'rackspace',
    identityVersion: 'v2.0',
    username: values.OS_USERNAME,
    ...(values.OS_PASSWORD ? { password: values.OS_PASSWORD } : {}),
    ...(apiKey ? { apiKey } : {}),
  };
}

function openstackAccount(values: Parsed): Account {
  const version = identityVersion(values);
  const base: Account = {
    ...commonFields(values),
    provider: 'openstack',
    identityVersion: version,
  };
  const user = {
    ...(values.OS_USERNAME ? { username: values.OS_USERNAME } : {}),
    ...(values.OS_USER_ID ? { userId: values.OS_USER_ID } : {}),
    ...(version === 'v3' && values.OS_USERNAME
      ? domain('userDomain', values.OS_USER_DOMAIN_ID, values.OS_USER_DOMAIN_NAME)
      : {}),
  };
  if (usesApplicationCredential(values)) {
    const { OS_APPLICATION_CREDENTIAL_ID: id, OS_APPLICATION_CREDENTIAL_NAME: name } = values;
    const secret = values.OS_APPLICATION_CREDENTIAL_SECRET ?? '';
    return {
      ...base,
      ...user,
      applicationCredential: { ...(id ? { id } : {}), ...(name ? { name } : {}), secret },
    };
  }
  return {
    ...base,
    ...user,
    password: values.OS_PASSWORD,
    ...(version === 'v3' && !values.OS_PROJECT_ID
      ? domain('projectDomain', values.OS_PROJECT_DOMAIN_ID, values.OS_PROJECT_DOMAIN_NAME)
      : {}),
  };
}

function commonFields(
  values: Parsed,
): Pick<Account, 'authUrl' | 'region' | 'interface' | 'projectId' | 'projectName'> {
  return {
    authUrl: values.OS_AUTH_URL.replace(/\/+$/, '').replace(
      /\/v(?:2\.0|2|3)(?:\/tokens|\/auth\/tokens)?$/,
      '',
    ),
    region: values.OS_REGION_NAME,
    interface: (values.OS_INTERFACE?.replace(/URL$/, '') ?? 'public') as Account['interface'],
    ...(values.OS_PROJECT_ID ? { projectId: values.OS_PROJECT_ID } : {}),
    ...(values.OS_PROJECT_NAME ? { projectName: values.OS_PROJECT_NAME } : {}),
  };
}

/** A user or project name means nothing without its domain; Keystone's built-in one has the id `default`. */
function domain<Name extends 'userDomain' | 'projectDomain'>(
  name: Name,
  id: string | undefined,
  domainName: string | undefined,
): Pick<Account, `${Name}Id` | `${Name}Name`> {
  return (
    domainName && !id ? { [`${name}Name`]: domainName } : { [`${name}Id`]: id ?? 'default' }
  ) as Pick<Account, `${Name}Id` | `${Name}Name`>;
}

function usesApplicationCredential(values: Settings): boolean {
  return (
    /^v3applicationcredential$/i.test(values.OS_AUTH_TYPE ?? '') ||
    !!values.OS_APPLICATION_CREDENTIAL_ID ||
    !!values.OS_APPLICATION_CREDENTIAL_SECRET
  );
}

function identityVersion(values: Settings): 'v2.0' | 'v3' {
  const said =
    values.OS_IDENTITY_API_VERSION ?? /\/v([23])(?:\.0)?\/?$/.exec(values.OS_AUTH_URL ?? '')?.[1];
  return said !== undefined && /^v?2/.test(said) ? 'v2.0' : 'v3';
}

function toProblem(issue: z.core.$ZodIssue, settings: Settings): Problem {
  const field = String(issue.path[0] ?? 'OS_AUTH_URL');
  return {
    field,
    // An address may hold a password too.
    value: SECRETS.has(field)
      ? undefined
      : settings[field]?.replace(/\/\/[^/]*@|\?.*/g, '[withheld]'),
    message: issue.message,
  };
}

function isHttpUrl(text: string): boolean {
  try {
    const url = new URL(text);
    const plain = url.username === '' && url.password === '' && url.search === '';
    return /^https?:$/.test(url.protocol) && plain;
  } catch {
    return false;
  }
}
