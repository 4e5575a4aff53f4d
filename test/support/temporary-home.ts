import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { homePaths, type HomePaths } from '../../home/paths.js';
import { stopServices } from '../../local/services.js';

/** A home of one test's own; the cache of downloads is the user's. */
export interface TemporaryHome {
  env: NodeJS.ProcessEnv;
  home: HomePaths;
  /** Ends its services and deletes it. */
  dispose(): Promise<void>;
}

export async function temporaryHome(): Promise<TemporaryHome> {
  const root = await mkdtemp(path.join(tmpdir(), 'kubeup-home-'));
  const env: NodeJS.ProcessEnv = { ...process.env, KUBEUP_HOME: root };
  for (const name of Object.keys(env)) if (/^(?:OS|TEMPORAL)_/.test(name)) delete env[name];
  const home = homePaths(env);
  return {
    env,
    home,
    async dispose() {
      await stopServices(home);
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
