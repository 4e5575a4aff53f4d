import { spawn } from 'node:child_process';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { extract } from 'tar';
import type { ClusterSpec } from '../../cluster/spec.js';
import { homePaths } from '../../home/paths.js';
import type { ExitCode } from '../exit-code.js';
import { addSettingFlags, configurationInputs } from './options.js';
import { writeClusterKubeconfig } from './kubeconfig.js';

export function addKubectl(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('kubectl')
    .argument('[arguments...]', 'what kubectl is told')
    .description("run the release's own kubectl on a cluster")
    .addHelpText(
      'after',
      `
Ends with kubectl's own exit code.

Examples:
  kubeup kubectl -- get nodes -o wide
  kubeup kubectl --name staging -- logs -f deployment/web`,
    );
  addSettingFlags(command, ['name']);
  command.action(async (args: string[]) => {
    const inputs = configurationInputs(command, process.env);
    const { file, spec } = await writeClusterKubeconfig(inputs);
    const kubectl = await kubectlOf(spec, homePaths(process.env).cache);
    done((await run(kubectl, args, { ...process.env, KUBECONFIG: file })) as ExitCode);
  });
}

/** The kubectl in the release, unpacked once; where the release lies elsewhere, the one on the PATH. */
async function kubectlOf(spec: ClusterSpec, cache: string): Promise<string> {
  const { file, sha256 } = spec.release;
  const folder = path.join(cache, 'kubectl', sha256.slice(0, 12));
  const kubectl = path.join(folder, 'bin', 'kubectl');
  if (await exists(kubectl)) return kubectl;
  if (!(await exists(file))) return 'kubectl';
  const draft = `${folder}.${process.pid}`;
  try {
    await mkdir(draft, { recursive: true });
    await extract({
      file,
      cwd: draft,
      filter: (name) => /^(\.\/)?bin\/(kubectl|hyperkube)$/.test(name),
    });
    await rename(draft, folder);
  } catch (error) {
    // Another was faster.
    if (!(await exists(kubectl))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return kubectl;
}

function run(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, args, { env, stdio: 'inherit' });
  // The terminal sends it to kubectl as well, which ends by it or does not.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  }).finally(() => process.off('SIGINT', ignore));
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
