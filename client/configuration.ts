import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import type { Problem } from '../cluster/errors.js';
import { InvalidSpecError } from '../cluster/errors.js';
import { unbuilt } from '../cluster/release-request.js';
import type { ReleaseRequest } from '../cluster/release-request.js';
import type { Field, Settings } from '../cluster/settings.js';
import type { ClusterSpec, CloudReference } from '../cluster/spec.js';
import { defaultContainer, readSettings } from '../cluster/spec-schema.js';
import type {
  EffectiveValue,
  Origin,
  ReadSettings,
  SettingSources,
} from '../cluster/spec-schema.js';
import { homePaths } from '../home/paths.js';
import { inspectRelease, ReleaseFileError } from '../release/inspect.js';
import { DEFAULT_KUBERNETES } from '../release/kubernetes/versions.js';
import { packSampleRelease } from '../release/pack.js';

/** What the command line was given, before anything is looked at. */
export interface ConfigurationInputs {
  env: NodeJS.ProcessEnv;
  flags: Partial<Record<Field, string>>;
  /** Cluster file; without it `cluster.yaml` in the working directory is read when there is one. */
  file?: string;
  /** The bring-up builds the release itself. */
  build?: ReleaseRequest;
}

/** What the configuration must know of the account. */
export interface AccountFacts {
  user: string;
  provider: CloudReference['provider'];
  /** The local cloud of this home: it takes the sample release, and has the original's flavors. */
  local: boolean;
}

/** Settings that were found right, before the account is opened. */
export interface Configuration {
  settings: Settings;
  values: EffectiveValue[];
  release: ClusterSpec['release'];
  publicKey?: string;
  /** Things worth saying, one line each. */
  notes: string[];
}

/**
 * Reads file, environment and flags, the user's public key and the release.
 * @param known problems found elsewhere (the account's), to be told together with these
 * @throws InvalidSpecError with every problem at once
 */
export async function readConfiguration(
  inputs: ConfigurationInputs,
  facts: AccountFacts,
  known: readonly Problem[] = [],
): Promise<Configuration> {
  const { read, sources, problems: fileProblems } = await layer(inputs, facts);
  const problems = [...known, ...fileProblems, ...read.problems];
  const { settings } = read;
  const notes = sources.file ? [`Settings are read from ${sources.file.path}.`] : [];
  const values = new Map(read.values.map((value) => [value.field, value]));

  let publicKey = settings['keyPair.publicKey'];
  if (publicKey === undefined && settings['keyPair.name'] !== undefined) {
    const own = await usersPublicKey(inputs.env, settings['keyPair.name']);
    if (own) {
      const check = readSettings(
        { environment: {}, flags: { 'keyPair.publicKey': own.line } },
        contextOf(facts),
      );
      if (check.problems.length > 0) {
        problems.push({
          field: 'keyPair.publicKey',
          value: own.file,
          message: 'must hold one public key in OpenSSH form; another SSH_KEY_NAME avoids the file',
        });
      } else {
        publicKey = own.line;
        setValue(values, 'keyPair.publicKey', own.line, `file ${own.file}`);
      }
    }
  }

  const release = await readRelease(inputs, read, facts, sources.file?.path, problems);
  if (problems.length > 0 || !release) throw new InvalidSpecError(problems);
  if (release.sample) {
    notes.push(
      'No release was given (--release, KUBEUP_RELEASE): the sample release is used. It holds installers and a ' +
        'manifest, no Kubernetes.',
    );
  }
  setValue(values, 'release.file', release.file);
  return {
    settings: settings as Settings,
    values: [...values.values()],
    release,
    publicKey,
    notes,
  };
}

/**
 * The same configuration once the account's user is known: the local cloud tells it only when it runs, and
 * wrong settings are refused before it is started.
 */
export function forUser(configuration: Configuration, user: string): Configuration {
  const isDefault = configuration.values.some(
    ({ field, origin }) => field === 'release.container' && origin === 'default',
  );
  if (!isDefault) return configuration;
  const container = defaultContainer(user);
  return {
    ...configuration,
    settings: { ...configuration.settings, 'release.container': container },
    values: configuration.values.map((value) =>
      value.field === 'release.container' ? { ...value, value: container } : value,
    ),
    release: { ...configuration.release, container },
  };
}

/** The spec that a configuration makes for an account. */
export function specOf(configuration: Configuration, cloud: CloudReference): ClusterSpec {
  const { settings, release, publicKey } = configuration;
  return {
    name: settings.name,
    cloud,
    minions: settings.minions,
    image: settings.image,
    masterFlavor: settings.masterFlavor,
    minionFlavor: settings.minionFlavor,
    keyPair: { name: settings['keyPair.name'], ...(publicKey ? { publicKey } : {}) },
    network: { label: settings['network.label'], cidr: settings['network.cidr'] },
    attachNetworks: settings.attachNetworks,
    podNetwork: settings.podNetwork,
    portalNet: settings.portalNet,
    dns: {
      enabled: settings['dns.enabled'],
      serverIp: settings['dns.serverIp'],
      domain: settings['dns.domain'],
      replicas: settings['dns.replicas'],
    },
    release,
    masterTag: settings.masterTag,
    minionTag: settings.minionTag,
    onFailure: settings.onFailure,
    wait: settings.wait,
    minReadyMinions: settings.minReadyMinions,
    maxReplacements: settings.maxReplacements,
    machineTimeoutSeconds: settings.machineTimeoutSeconds,
  };
}

/** The few settings that say which cluster is meant; problems of the others do not matter here. */
export interface ClusterChoice {
  name: string;
  container: { name: string; isDefault: boolean };
  onFailure: ClusterSpec['onFailure'];
}

/** @throws InvalidSpecError when the file cannot be read or the name is none */
export async function readClusterChoice(
  inputs: ConfigurationInputs,
  facts: AccountFacts,
): Promise<ClusterChoice> {
  const { read, problems } = await layer(inputs, facts);
  const needed: readonly string[] = ['name', 'release.container', 'onFailure', 'file'];
  const all = [...problems, ...read.problems.filter(({ field }) => needed.includes(field))];
  const { name, onFailure } = read.settings;
  const container = read.settings['release.container'];
  if (all.length > 0 || name === undefined || container === undefined || onFailure === undefined) {
    throw new InvalidSpecError(all);
  }
  const origin = read.values.find(({ field }) => field === 'release.container')?.origin;
  return { name, container: { name: container, isDefault: origin === 'default' }, onFailure };
}

async function layer(
  inputs: ConfigurationInputs,
  facts: AccountFacts,
): Promise<{ read: ReadSettings; sources: SettingSources; problems: Problem[] }> {
  const problems: Problem[] = [];
  const file = await readClusterFile(inputs.file, problems);
  const sources = { file, environment: inputs.env, flags: inputs.flags };
  return { read: readSettings(sources, contextOf(facts)), sources, problems };
}

function contextOf(facts: AccountFacts): Parameters<typeof readSettings>[1] {
  // Elsewhere the original's flavors are unknown; these two are what OpenStack itself ships with.
  const hasOriginalFlavors = facts.local || facts.provider === 'rackspace';
  return {
    user: facts.user,
    defaultFlavors: hasOriginalFlavors
      ? { master: 'performance1-1', minion: 'performance1-2' }
      : { master: 'm1.small', minion: 'm1.medium' },
    // The one that the local cloud's machines boot for real, too.
    ...(facts.local && { defaultImage: 'Debian 12' }),
  };
}

const usualFile = 'cluster.yaml';

async function readClusterFile(
  named: string | undefined,
  problems: Problem[],
): Promise<SettingSources['file']> {
  const file = named ?? usualFile;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (named !== undefined || code !== 'ENOENT') {
      const what = code === 'ENOENT' ? 'there is no such file' : `cannot be read: ${message}`;
      problems.push({ field: 'file', value: file, message: what });
    }
    return undefined;
  }
  try {
    return { path: file, content: parse(text) as unknown };
  } catch (error) {
    const what = error instanceof YAMLParseError ? error.message : String(error);
    problems.push({ field: 'file', value: file, message: `is not YAML: ${what}` });
    return undefined;
  }
}

/** `~/.ssh/<key name>.pub`, as the original had it. */
async function usersPublicKey(
  env: NodeJS.ProcessEnv,
  name: string,
): Promise<{ file: string; line: string } | undefined> {
  const file = path.join(env.HOME || homedir(), '.ssh', `${name}.pub`);
  try {
    return { file, line: (await readFile(file, 'utf8')).trim() };
  } catch {
    return undefined;
  }
}

async function readRelease(
  { env, build }: ConfigurationInputs,
  read: ReadSettings,
  facts: AccountFacts,
  clusterFile: string | undefined,
  problems: Problem[],
): Promise<ClusterSpec['release'] | undefined> {
  const given = read.values.find(({ field }) => field === 'release.file');
  const container = read.settings['release.container'] ?? '';
  const named = read.settings['release.file'];
  if (build) {
    // Each cluster its own: a build of another version must not change what this one will read.
    const folder = path.join(homePaths(env).releases, read.settings.name ?? '');
    const file = path.join(folder, 'master-release.tar.gz');
    const kubernetes = build.kubernetes ?? DEFAULT_KUBERNETES;
    return { file, ...unbuilt, kubernetes, sample: false, container };
  }
  if (named === undefined) {
    // A wrong one was told already.
    if (given?.value !== undefined) return undefined;
    if (!facts.local) {
      problems.push({
        field: 'release.file',
        value: undefined,
        message: 'must be given (--release FILE or KUBEUP_RELEASE): what the machines install',
      });
      return undefined;
    }
    const { releases } = homePaths(env);
    await mkdir(releases, { recursive: true, mode: 0o700 });
    const file = path.join(releases, 'sample-release.tar.gz');
    await packSampleRelease(file);
    return { file, ...(await inspectRelease(file)), sample: true, container };
  }
  // A path in the cluster file is meant from where that file lies.
  const from = given?.origin.startsWith('file ') && clusterFile ? path.dirname(clusterFile) : '.';
  const file = path.resolve(from, named);
  try {
    return { file, ...(await inspectRelease(file)), sample: false, container };
  } catch (error) {
    if (!(error instanceof ReleaseFileError)) throw error;
    problems.push({ field: 'release.file', value: named, message: error.message });
    return undefined;
  }
}

function setValue(
  values: Map<Field, EffectiveValue>,
  field: Field,
  value: unknown,
  origin?: Origin,
): void {
  const before = values.get(field);
  values.set(field, { field, value, origin: origin ?? before?.origin ?? 'default' });
}
