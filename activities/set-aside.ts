import type { Server } from '../cloud/port.js';
import { KubeupError } from '../cluster/errors.js';

/** Nova's statuses of a server that somebody holds up or set aside on purpose, and the way back. */
const waysBack: Record<string, string> = {
  PAUSED: 'unpause',
  SUSPENDED: 'resume',
  RESCUE: 'unrescue',
  SHELVED: 'unshelve',
  SHELVED_OFFLOADED: 'unshelve',
  VERIFY_RESIZE: 'resize confirm',
};

/**
 * Replacing such a server would destroy what somebody wants to keep, and waiting for it would last for ever.
 *
 * @throws KubeupError (blocked) when it is set aside
 */
export function refuseSetAside({ id, name, status }: Server): void {
  const wayBack = waysBack[status];
  if (!wayBack) return;
  throw new KubeupError({
    kind: 'blocked',
    reason: 'ServerSetAside',
    attempted: `adopt server ${name}`,
    message: `server ${id} is ${status}: somebody did that on purpose`,
    cure: `\`openstack server ${wayBack} ${id}\`, or delete it to have it made anew; then \`kubeup retry\``,
  });
}
