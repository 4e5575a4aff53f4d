import { homedir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { findApi } from '../../activities/kube-api.js';
import { openCloud } from '../../cloud/open.js';
import type { ClusterSpec } from '../../cluster/spec.js';
import { homePaths } from '../../home/paths.js';
import { loadRootSecret } from '../../home/root-secret.js';
import { RefusedError } from '../client-errors.js';
import { readClusterChoice } from '../configuration.js';
import type { ConfigurationInputs } from '../configuration.js';
import { openAccount, openSession } from '../connect.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { kubeconfigFor, mergeKubeconfig, writeKubeconfig } from '../kubeconfig.js';
import { print, printJson, remark, say } from '../terminal.js';
import { addJsonFlag, addSettingFlags, configurationInputs } from './options.js';

export function addKubeconfig(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('kubeconfig')
    .argument('[cluster]', 'name of the cluster')
    .description('write a kubeconfig for a cluster, and print its path')
    .option('--merge', 'put it into ~/.kube/config (or the first of $KUBECONFIG) as well')
    .addHelpText(
      'after',
      `
It holds a client certificate of the user admin, good for a year, signed here by the cluster's CA; the API is
verified against that CA. Every call makes another.

Examples:
  kubectl --kubeconfig "$(kubeup kubeconfig)" get nodes
  kubeup kubeconfig --merge && kubectl get nodes`,
    );
  addSettingFlags(command, ['name']);
  addJsonFlag(command);
  command.action(async (cluster: string | undefined) => {
    const options = command.opts<{ merge?: boolean; json?: boolean }>();
    const inputs = configurationInputs(command, process.env, cluster);
    const { file, spec } = await writeClusterKubeconfig(inputs);
    let merged: string | undefined;
    if (options.merge) {
      merged = usersKubeconfig(process.env);
      await mergeKubeconfig(merged, await configOf(inputs, spec));
      say(`${spec.name} is the current context of ${merged}.`);
    }
    if (options.json) printJson({ cluster: spec.name, file, merged });
    else print(file);
    done(exitCodes.done);
  });
}

/** Writes the kubeconfig of the cluster that is meant into the home. @throws RefusedError when it has no Kubernetes */
export async function writeClusterKubeconfig(
  inputs: ConfigurationInputs,
): Promise<{ file: string; spec: ClusterSpec }> {
  const spec = await specOfCluster(inputs);
  const file = path.join(homePaths(inputs.env).root, 'kubeconfigs', `${spec.name}.yaml`);
  await writeKubeconfig(file, await configOf(inputs, spec));
  return { file, spec };
}

async function specOfCluster(inputs: ConfigurationInputs): Promise<ClusterSpec> {
  const account = await openAccount(inputs.env, remark);
  const { name } = await readClusterChoice(inputs, account.facts);
  const session = await openSession(inputs.env, remark);
  try {
    const spec = await session.clusters.spec(name);
    if (spec?.release.kubernetes !== undefined) return spec;
    throw new RefusedError(
      name,
      spec
        ? `${name} was brought up with a release that holds no Kubernetes; kubeup release build makes one that does.`
        : `${name} was torn down.`,
    );
  } finally {
    await session.close();
  }
}

async function configOf(
  { env }: ConfigurationInputs,
  spec: ClusterSpec,
): ReturnType<typeof kubeconfigFor> {
  const { account, env: accountEnv } = await openAccount(env, remark);
  const proxy = env.KUBEUP_MACHINE_PROXY || accountEnv.KUBEUP_MACHINE_PROXY;
  return kubeconfigFor({
    cluster: spec.name,
    api: await findApi({ cloud: openCloud(account), machineProxy: proxy }, spec),
    rootSecret: await loadRootSecret(env),
    proxy,
  });
}

function usersKubeconfig(env: NodeJS.ProcessEnv): string {
  const named = env.KUBECONFIG?.split(path.delimiter).find((file) => file !== '');
  return named ?? path.join(env.HOME || homedir(), '.kube', 'config');
}
