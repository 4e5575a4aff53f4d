import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { disallowed, networkNotFound, neutronFault } from './faults.js';

/**
 * Lets subnets and ports be made on the project's networks, and ports on networks for everyone.
 * @throws 404 when the network is not there, 403 when it is another's
 */
export function admitOnNetwork(cloud: Cloud, kind: 'subnet' | 'port', id: string): void {
  const network = cloud.state.networks.get(id);
  if (network === undefined) throw networkNotFound(id);
  if (network.own) return;
  if (!network.shared) {
    throw neutronFault(
      403,
      'HTTPForbidden',
      `Tenant ${account(cloud.state).projectId} not allowed to create ${kind} on this network`,
    );
  }
  if (kind === 'subnet') throw disallowed('rule:create_subnet');
}
