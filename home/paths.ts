import { homedir } from 'node:os';
import path from 'node:path';

/** Where kubeup keeps things on this machine. All absolute; nothing here is created by asking. */
export interface HomePaths {
  /** `KUBEUP_HOME`, default `~/.kubeup`: all local state, so that two homes are two worlds. */
  root: string;
  /** The secret that every other one is derived from. */
  rootSecret: string;
  /** One record per background service, and their locks. */
  services: string;
  /** Output of the background services. */
  logs: string;
  /** State of the local cloud. */
  cloud: string;
  /** Database of the embedded Temporal server. */
  temporalDb: string;
  /** Releases packed on this machine. */
  releases: string;
  /** Downloads that any home may share: `${XDG_CACHE_HOME:-~/.cache}/kubeup`. */
  cache: string;
}

/** The paths that this environment asks for. */
export function homePaths(env: NodeJS.ProcessEnv): HomePaths {
  const user = env.HOME || homedir();
  const root = path.resolve(env.KUBEUP_HOME || path.join(user, '.kubeup'));
  return {
    root,
    rootSecret: path.join(root, 'root-secret'),
    services: path.join(root, 'services'),
    logs: path.join(root, 'logs'),
    cloud: path.join(root, 'cloud'),
    temporalDb: path.join(root, 'temporal.db'),
    releases: path.join(root, 'releases'),
    cache: path.join(env.XDG_CACHE_HOME || path.join(user, '.cache'), 'kubeup'),
  };
}

/** What releases are built from, and built ones: shared by all homes. */
export function releaseCache(env: NodeJS.ProcessEnv): string {
  return path.join(homePaths(env).cache, 'release');
}
