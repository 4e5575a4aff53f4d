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
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:OS|TEMPORAL)_/.test(name));
  const env: NodeJS.ProcessEnv = { ...Object.fromEntries(inherited), KUBEUP_HOME: root };
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
