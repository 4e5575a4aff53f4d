import { KubeupError } from './errors.js';

/** Nova's statuses of a server that somebody holds up or set aside on purpose, and the way back. */
const waysBack: Record<string, string> = {
  PAUSED: 'unpause',
  SUSPENDED: 'resume',
  RESCUE: 'unrescue',
  SHELVED: 'unshelve',
  SHELVED_OFFLOADED: 'unshelve',
  VERIFY_RESIZE: 'resize confirm',
};

/** The command that brings a server back that is set aside; of any other, undefined. */
export function wayBack({ id, status }: { id: string; status: string }): string | undefined {
  const action = waysBack[status];
  return action && `openstack server ${action} ${id}`;
}

/**
 * Replacing such a server would destroy what somebody wants to keep, and waiting for it would last for ever.
 *
 * @throws KubeupError (blocked) when it is set aside
 */
export function refuseSetAside(server: { id: string; name: string; status: string }): void {
  const command = wayBack(server);
  if (command === undefined) return;
  const { id, name, status } = server;
  throw new KubeupError({
    kind: 'blocked',
    reason: 'ServerSetAside',
    attempted: `adopt server ${name}`,
    message: `server ${id} is ${status}: somebody did that on purpose`,
    cure: `\`${command}\`, or delete it to have it made anew; then \`kubeup retry\``,
  });
}
