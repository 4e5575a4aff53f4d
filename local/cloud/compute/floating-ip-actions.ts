import { portsOfDevice } from '../networking/port-store.js';
import type { Action } from './action.js';
import { noResource, novaFault } from './faults.js';
import { requestedMicroversion } from './microversion.js';
import { ipAddress, object, wrapped } from './parameter-types.js';
import { Validator } from './validation.js';

/** The last microversion that had them. */
const LAST_MINOR = 43;

const ADD = new Validator(
  wrapped('addFloatingIp', object({ address: ipAddress, fixed_address: ipAddress }, ['address'])),
);
const REMOVE = new Validator(
  wrapped('removeFloatingIp', object({ address: ipAddress }, ['address'])),
);

/** Floating IPs by way of Compute, as it once was; the project has none. */
export const floatingIpActions: Record<string, Action> = {
  addFloatingIp(cloud, request, server, body) {
    if (requestedMicroversion(cloud, request) > LAST_MINOR) throw noResource();
    ADD.body(body, request.call.legacyCompute);
    const { fixed_address: fixed } = body.addFloatingIp as { fixed_address?: string };
    const addresses = portsOfDevice(cloud.state, server.id).flatMap((port) => port.fixedIps);
    if (addresses.length === 0) throw novaFault(400, 'Instance network is not ready yet');
    if (fixed !== undefined && !addresses.some(({ ip }) => ip === fixed)) {
      throw novaFault(400, 'Specified fixed address not assigned to instance');
    }
    throw novaFault(404, 'floating IP not found');
  },

  removeFloatingIp(cloud, request, _server, body) {
    if (requestedMicroversion(cloud, request) > LAST_MINOR) throw noResource();
    REMOVE.body(body, request.call.legacyCompute);
    const { address } = body.removeFloatingIp as { address: string };
    throw novaFault(404, `Floating IP not found for address ${address}.`);
  },
};
