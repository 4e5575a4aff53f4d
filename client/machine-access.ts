import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { openCloud } from '../cloud/open.js';
import type { Server } from '../cloud/port.js';
import { readServerMark, serverName } from '../cluster/names.js';
import { loadRootSecret } from '../home/root-secret.js';
import { MachineShell, type ShellAccess } from '../ssh/machine-shell.js';
import { RefusedError } from './client-errors.js';
import { openCluster } from './cluster-access.js';
import type { ConfigurationInputs } from './configuration.js';

/**
 * Logs in on a machine of the cluster that is meant.
 * @param machine its name, with or without the cluster's: `kubernetes-minion-2`, `minion-2`
 */
export async function openMachine(
  inputs: ConfigurationInputs,
  machine: string,
): Promise<MachineShell> {
  const { env } = inputs;
  const { account, spec } = await openCluster(inputs);
  const { name } = spec;
  const servers = (await openCloud(account.account).compute.listServers()).filter(
    (server) => !server.deleting && readServerMark(server.metadata)?.cluster === name,
  );
  const server = named(servers, machine) ?? named(servers, `${name}-${machine}`);
  if (server === undefined) {
    const there = servers.map((one) => one.name).sort();
    throw new RefusedError(
      name,
      `${name} has no machine ${machine}; it has ${there.join(', ') || 'none'}.`,
    );
  }
  const access: ShellAccess = {
    spec,
    rootSecret: await loadRootSecret(env),
    proxy: env.KUBEUP_MACHINE_PROXY || account.env.KUBEUP_MACHINE_PROXY,
    own: spec.keyPair.publicKey === undefined ? undefined : await ownKey(env, spec.keyPair.name),
  };
  return MachineShell.open(access, server, named(servers, serverName(name, 'master')));
}

function named(servers: readonly Server[], name: string): Server | undefined {
  return servers.find((server) => server.name === name);
}

/** The private half of the user's own key, beside its public one; else whatever the agent holds. */
async function ownKey(env: NodeJS.ProcessEnv, name: string): Promise<ShellAccess['own']> {
  const file = path.join(env.HOME || homedir(), '.ssh', name);
  const privateKey = await readFile(file, 'utf8').catch(() => undefined);
  if (privateKey !== undefined) return { privateKey };
  const agent = env.SSH_AUTH_SOCK;
  if (agent) return { agent };
  throw new Error(`neither ${file} nor an SSH agent holds the private half of the cluster's key`);
}
