import leven from 'leven';
import { formatAddress, parseCidr } from './addressing.js';
import type { Problem } from './errors.js';
import { fields, settings } from './settings.js';
import type { Field, Setting, Settings } from './settings.js';
import { problemsBetween } from './spec-problems.js';

/** Where settings come from; a later one wins over those before it. */
export interface SettingSources {
  /** Parsed content of the cluster file, and its path for messages. */
  file?: { path: string; content: unknown };
  environment: Readonly<Record<string, string | undefined>>;
  /** What was given on the command line, by field. */
  flags?: Partial<Record<Field, string>>;
}

/** What defaults depend on beside the settings themselves. */
export interface SettingContext {
  /** The account's user name: part of the container's default name. */
  user: string;
  defaultFlavors: { master: string; minion: string };
  /** @default 'Ubuntu 24.04' */
  defaultImage?: string;
}

export type Origin = 'default' | `file ${string}` | `environment ${string}` | `flag ${string}`;

/** One setting as it takes effect. `value` is undefined where there is none and none is needed. */
export interface EffectiveValue {
  field: Field;
  value: unknown;
  origin: Origin;
}

export interface ReadSettings {
  /** Those that are right; all of them when there are no problems. */
  settings: Partial<Settings>;
  values: EffectiveValue[];
  problems: Problem[];
}

/**
 * Lays file, environment and flags over the defaults, and checks everything: each setting by its schema, and
 * what is between them. Never throws: all problems come back at once, with the settings that are right.
 */
export function readSettings(sources: SettingSources, context: SettingContext): ReadSettings {
  const { given, problems } = collect(sources);
  const read: Partial<Record<Field, unknown>> = {};
  const values = new Map<Field, EffectiveValue>();
  for (const [field, { value, origin }] of given) {
    const result = settings[field].schema.safeParse(value);
    values.set(field, { field, value: result.success ? result.data : value, origin });
    if (result.success) {
      read[field] = result.data;
    } else {
      const message = [...new Set(result.error.issues.map((issue) => issue.message))].join('; ');
      problems.push({ field, value, message });
    }
  }
  for (const field of fields) {
    if (given.has(field)) continue;
    const value = defaultOf(field, read as Partial<Settings>, context);
    values.set(field, { field, value, origin: 'default' });
    if (value !== undefined) read[field] = value;
  }
  problems.push(...problemsBetween(read as Partial<Settings>));
  return {
    settings: read as Partial<Settings>,
    values: fields.map((field) => values.get(field)!),
    problems: problems.map((problem) => withOrigin(problem, values)),
  };
}

function defaultOf(
  field: Field,
  read: Partial<Settings>,
  context: SettingContext,
): Settings[Field] | undefined {
  const name = read.name ?? 'kubernetes';
  switch (field) {
    case 'name':
      return 'kubernetes';
    case 'minions':
      return 4;
    case 'image':
      return context.defaultImage ?? 'Ubuntu 24.04';
    case 'masterFlavor':
      return context.defaultFlavors.master;
    case 'minionFlavor':
      return context.defaultFlavors.minion;
    case 'keyPair.name':
      return `id_${name}`;
    case 'network.label':
      return `${name}-pool-net`;
    case 'network.cidr':
      return '192.168.0.0/24';
    case 'attachNetworks':
      return [];
    case 'podNetwork':
      return '10.240.0.0/16';
    case 'portalNet':
      return '10.0.0.0/16';
    case 'dns.enabled':
      return true;
    case 'dns.serverIp':
      return dnsServerIn(read.portalNet ?? '10.0.0.0/16');
    case 'dns.domain':
      return 'cluster.local';
    case 'dns.replicas':
      return 1;
    case 'release.container':
      return defaultContainer(context.user);
    case 'masterTag':
      return `tags=${name}-master`;
    case 'minionTag':
      return `tags=${name}-minion`;
    case 'onFailure':
      return 'hold';
    case 'wait':
      return 'ready';
    case 'minReadyMinions':
      return read.minions ?? 4;
    case 'maxReplacements':
      return 2;
    case 'machineTimeoutSeconds':
      return 1200;
    case 'keyPair.publicKey':
    case 'release.file':
      return undefined;
  }
}

/** The container's default name, of the account's user as the original had it. */
export function defaultContainer(user: string): string {
  return `kubernetes-releases-${user.replaceAll('/', '-')}`;
}

/** The tenth address of the portal net, as the original had it: 10.0.0.10. */
function dnsServerIn(portalNet: string): string | undefined {
  const range = parseCidr(portalNet);
  return range && formatAddress(Math.min(range.first + 10, range.last));
}

interface Given {
  value: unknown;
  origin: Origin;
}

function collect(sources: SettingSources): { given: Map<Field, Given>; problems: Problem[] } {
  const given = new Map<Field, Given>();
  const problems: Problem[] = [];
  if (sources.file) {
    const { path, content } = sources.file;
    readFileContent(content, '', (field, value) => {
      given.set(field, { value, origin: `file ${path}` });
    }).forEach((problem) =>
      problems.push({ ...problem, message: `${problem.message} (in ${path})` }),
    );
  }
  for (const field of fields) {
    const { environment, flag }: Setting = settings[field];
    // An empty variable counts as unset, as the shell's `${NAME:-default}` has it.
    const fromEnvironment = environment && sources.environment[environment];
    if (fromEnvironment) {
      given.set(field, { value: fromEnvironment, origin: `environment ${environment}` });
    }
    const fromFlag = sources.flags?.[field];
    if (fromFlag !== undefined) {
      given.set(field, { value: fromFlag, origin: `flag ${flag.split(' ')[0]!}` });
    }
  }
  return { given, problems };
}

/** Walks the file's mapping down to the settings; whatever is none is a problem. */
function readFileContent(
  content: unknown,
  path: string,
  take: (field: Field, value: unknown) => void,
): Problem[] {
  if (content === null || content === undefined) return [];
  if (typeof content !== 'object' || Array.isArray(content)) {
    const what = path ? `must hold settings: ${sectionKeys(path).join(', ')}` : 'must be a mapping';
    return [{ field: path || 'file', value: content, message: what }];
  }
  return Object.entries(content as Record<string, unknown>).flatMap(([key, value]) => {
    const field = path ? `${path}.${key}` : key;
    if (isField(field)) {
      if (value !== null && value !== undefined) take(field, value);
      return [];
    }
    if (fields.some((known) => known.startsWith(`${field}.`))) {
      return readFileContent(value, field, take);
    }
    const near = nearest(field);
    return [
      {
        field,
        value,
        message: near ? `is not a setting; did you mean ${near}?` : 'is not a setting',
      },
    ];
  });
}

function isField(text: string): text is Field {
  return Object.hasOwn(settings, text);
}

function sectionKeys(section: string): string[] {
  return fields.filter((field) => field.startsWith(`${section}.`));
}

/** The setting that an unknown key most likely means: also by its environment name, or its last word alone. */
function nearest(key: string): Field | undefined {
  const candidates = fields.flatMap((field) => {
    const { environment, flag }: Setting = settings[field];
    const spellings = [
      field,
      field.split('.').at(-1)!,
      environment ?? '',
      flag.split(' ')[0]!.slice(2),
    ];
    return spellings.filter(Boolean).map((spelling) => ({
      field,
      distance: leven(key.toLowerCase(), spelling.toLowerCase()),
    }));
  });
  const best = candidates.reduce((a, b) => (b.distance < a.distance ? b : a));
  return best.distance <= Math.max(1, Math.floor(key.length / 3)) ? best.field : undefined;
}

/** Tells which variable or flag set the wrong value, so that the person finds it. */
function withOrigin(problem: Problem, values: Map<Field, EffectiveValue>): Problem {
  const origin = isField(problem.field) ? values.get(problem.field)?.origin : undefined;
  if (!origin || origin === 'default') return problem;
  return { ...problem, message: `${problem.message} (from ${origin})` };
}
