import { homedir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { findApi } from '../../activities/kube-api.js';
import { openCloud } from '../../cloud/open.js';
import { homePaths } from '../../home/paths.js';
import { loadRootSecret } from '../../home/root-secret.js';
import { RefusedError } from '../client-errors.js';
import { openCluster } from '../cluster-access.js';
import type { ClusterAccess } from '../cluster-access.js';
import type { ConfigurationInputs } from '../configuration.js';
import { exitCodes } from '../exit-code.js';
import type { ExitCode } from '../exit-code.js';
import { kubeconfigFor, mergeKubeconfig, writeKubeconfig } from '../kubeconfig.js';
import { print, printJson, say } from '../terminal.js';
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
    const { file, ...access } = await writeClusterKubeconfig(inputs);
    const { name } = access.spec;
    let merged: string | undefined;
    if (options.merge) {
      merged = usersKubeconfig(process.env);
      await mergeKubeconfig(merged, await configOf(inputs, access));
      say(`${name} is the current context of ${merged}.`);
    }
    if (options.json) printJson({ cluster: name, file, merged });
    else print(file);
    done(exitCodes.done);
  });
}

/** Writes the kubeconfig of the cluster that is meant into the home. @throws RefusedError when it has no Kubernetes */
export async function writeClusterKubeconfig(
  inputs: ConfigurationInputs,
): Promise<ClusterAccess & { file: string }> {
  const access = await openKubernetes(inputs);
  const file = path.join(homePaths(inputs.env).root, 'kubeconfigs', `${access.spec.name}.yaml`);
  await writeKubeconfig(file, await configOf(inputs, access));
  return { file, ...access };
}

/** @throws RefusedError when it has no Kubernetes */
async function openKubernetes(inputs: ConfigurationInputs): Promise<ClusterAccess> {
  const access = await openCluster(inputs);
  if (access.spec.release.kubernetes !== undefined) return access;
  const { name } = access.spec;
  throw new RefusedError(
    name,
    `${name} was brought up with a release that holds no Kubernetes; kubeup release build makes one that does.`,
  );
}

async function configOf(
  { env }: ConfigurationInputs,
  { account, spec }: ClusterAccess,
): ReturnType<typeof kubeconfigFor> {
  const proxy = env.KUBEUP_MACHINE_PROXY || account.env.KUBEUP_MACHINE_PROXY;
  return kubeconfigFor({
    cluster: spec.name,
    api: await findApi({ cloud: openCloud(account.account), machineProxy: proxy }, spec),
    rootSecret: await loadRootSecret(env),
    proxy,
  });
}

function usersKubeconfig(env: NodeJS.ProcessEnv): string {
  const named = env.KUBECONFIG?.split(path.delimiter).find((file) => file !== '');
  return named ?? path.join(env.HOME || homedir(), '.kube', 'config');
}
