/** Variables by which OpenStack's and Rackspace's clients know an account, and the way to its machines. */
const accountVariable = /^(OS_|NOVA_|RAX_(?!NUM_MINIONS$)|KUBEUP_MACHINE_PROXY$)/;
/** The original's settings that look like them. */
const settings = ['NOVA_NETWORK', 'NOVA_NETWORK_LABEL'];

/** The part of an environment that names an account and holds its credentials. */
export function accountEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        accountVariable.test(entry[0]) && !settings.includes(entry[0]) && !!entry[1],
    ),
  );
}
