import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { Problem } from '../cluster/errors.js';

/** Where `clouds.yaml` is looked for when `OS_CLIENT_CONFIG_FILE` names none. */
export interface CloudsYamlOptions {
  /** @default the working directory, `~/.config/openstack`, `/etc/openstack`, as the OpenStack clients do */
  directories?: readonly string[];
}

/** One cloud of a `clouds.yaml`, `secure.yaml` merged in. */
export interface NamedCloud {
  name: string;
  file: string;
  settings: Record<string, unknown>;
}

/**
 * Finds the cloud that `OS_CLOUD` names; without it the only cloud of the file. Problems name the file.
 *
 * @returns `undefined` when `OS_CLOUD` names none and there is no file, or a file of several clouds
 */
export function readNamedCloud(
  env: NodeJS.ProcessEnv,
  options: CloudsYamlOptions = {},
): { cloud?: NamedCloud; problems: Problem[] } {
  const wanted = env.OS_CLOUD || undefined;
  const directories = options.directories ?? [
    process.cwd(),
    join(env.HOME ?? homedir(), '.config', 'openstack'),
    '/etc/openstack',
  ];
  const named = env.OS_CLIENT_CONFIG_FILE || undefined;
  const file = named ?? find(directories, 'clouds');
  if (file === undefined) {
    return wanted === undefined
      ? { problems: [] }
      : problem('OS_CLOUD', wanted, `there is no clouds.yaml in ${directories.join(', ')}`);
  }
  const secure =
    env.OS_CLIENT_SECURE_FILE || find([dirname(file), ...directories], 'secure') || undefined;
  let clouds: Record<string, unknown>;
  try {
    clouds = merge(cloudsIn(file), secure === undefined ? {} : cloudsIn(secure));
  } catch (error) {
    const field = named === undefined ? 'OS_CLOUD' : 'OS_CLIENT_CONFIG_FILE';
    return problem(field, named ?? wanted, (error as Error).message);
  }
  const names = Object.keys(clouds);
  const name = wanted ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) {
    return { problems: [] };
  }
  const settings = clouds[name];
  if (!isObject(settings)) {
    return problem(
      'OS_CLOUD',
      wanted,
      `${file} has no such cloud; it has ${names.join(', ') || 'none'}`,
    );
  }
  return { cloud: { name, file, settings }, problems: [] };
}

function find(directories: readonly string[], name: string): string | undefined {
  return directories
    .flatMap((directory) =>
      ['.yaml', '.yml', '.json'].map((ending) => join(directory, name + ending)),
    )
    .find((file) => existsSync(file));
}

function cloudsIn(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`cannot be read: ${(error as Error).message}`, { cause: error });
  }
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    // The parser quotes the line it stumbled over, which may hold a password: only its position is passed on.
    const at = (error as { linePos?: { line: number }[] }).linePos?.[0];
    throw new Error(`${file} is not valid YAML${at ? ` (line ${at.line})` : ''}`, { cause: error });
  }
  const clouds = isObject(content) ? content.clouds : undefined;
  return isObject(clouds) ? clouds : {};
}

/** Deep merge of mappings; the second wins. */
function merge(
  first: Record<string, unknown>,
  second: Record<string, unknown>,
): Record<string, unknown> {
  const merged = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = merged[key];
    merged[key] = isObject(before) && isObject(value) ? merge(before, value) : value;
  }
  return merged;
}

function problem(field: string, value: unknown, message: string): { problems: Problem[] } {
  return { problems: [{ field, value, message }] };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
