import type { Cloud } from '../cloud.js';
import type { ServerRecord } from '../records.js';
import { act, begin, type Action } from './action.js';
import { novaFault, unexpected } from './faults.js';
import { checkFit } from './image-fit.js';
import { diskConfig, flavorRef, object, wrapped } from './parameter-types.js';
import { upsizeProblem } from './server-quota.js';
import { changeServer, requireState, type NeededState } from './server-store.js';
import { Validator } from './validation.js';

const RESIZE = new Validator(
  wrapped('resize', object({ flavorRef, 'OS-DCF:diskConfig': diskConfig }, ['flavorRef'])),
);

interface Wish {
  flavorRef: string | number;
  'OS-DCF:diskConfig'?: ServerRecord['diskConfig'];
}

const RESIZED: NeededState = { vmStates: ['resized'] };

/** Changing servers' flavors, and keeping the change or not. */
export const resizeActions: Record<string, Action> = {
  resize(cloud, request, server, body) {
    RESIZE.body(body, request.call.legacyCompute);
    const wish = body.resize as Wish;
    requireState(server, 'resize', { vmStates: ['active', 'stopped'] });
    const flavor = cloud.state.flavors.get(String(wish.flavorRef));
    if (flavor === undefined) throw novaFault(400, `Flavor ${wish.flavorRef} could not be found.`);
    if (flavor.id === server.flavorId) {
      throw novaFault(400, 'When resizing, instances must change flavor!');
    }
    const problem = upsizeProblem(cloud, server.flavorId, flavor.id);
    if (problem !== undefined) throw novaFault(403, problem);
    checkFit(flavor, needs(cloud, server));
    begin(cloud, request, server, 'resize', ['resize_prep', 'migrating'], (old) => {
      old.resize = { otherFlavorId: flavor.id, wasStopped: old.vmState === 'stopped' };
      old.progress = 0;
      old.diskConfig = wish['OS-DCF:diskConfig'] ?? 'MANUAL';
    });
    return undefined;
  },

  confirmResize(cloud, request, server, _body, reply) {
    requireState(server, 'confirmResize', RESIZED);
    act(cloud, request, server, 'confirmResize');
    changeServer(cloud, server.id, (old) => {
      old.vmState = old.powerState === 4 ? 'stopped' : 'active';
      delete old.resize;
    });
    reply.code(204);
    return undefined;
  },

  revertResize(cloud, request, server) {
    requireState(server, 'revertResize', RESIZED);
    const { otherFlavorId = server.flavorId } = server.resize ?? {};
    if (upsizeProblem(cloud, server.flavorId, otherFlavorId) !== undefined) {
      throw unexpected('nova.exception.TooManyInstances');
    }
    begin(cloud, request, server, 'revertResize', ['resize_reverting', 'reverted']);
    return undefined;
  },
};

/** What Nova keeps with a server of what its image asks for. */
function needs({ state }: Cloud, server: ServerRecord): Parameters<typeof checkFit>[1] {
  const { minRamMiB = 0, minDiskGiB = 0 } = state.images.get(server.imageId) ?? {};
  return { minRamMiB, minDiskGiB: server.minDiskGiB ?? minDiskGiB, data: null };
}
