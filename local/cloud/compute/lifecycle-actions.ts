import { visibleImage } from '../images/image-store.js';
import { asObject } from '../json-body.js';
import { act, begin, task, type Action } from './action.js';
import { novaFault, policy } from './faults.js';
import { requestedMicroversion } from './microversion.js';
import { newPassword } from './new-server.js';
import { name, nullable, object, uuid, wrapped } from './parameter-types.js';
import { invalidState, requireState } from './server-store.js';
import { snapshotImage } from './snapshot-image.js';
import { Validator } from './validation.js';

const RESCUE = new Validator(
  wrapped('rescue', {
    ...object({ adminPass: { type: 'string' }, rescue_image_ref: uuid }),
    type: ['object', 'null'],
  }),
);
const UNSHELVE_77 = new Validator(
  wrapped('unshelve', {
    ...object({ availability_zone: name }, ['availability_zone']),
    type: ['object', 'null'],
  }),
);
const UNSHELVE_91 = new Validator(
  wrapped(
    'unshelve',
    nullable(object({ availability_zone: nullable({ type: 'string' }), host: { type: 'string' } })),
  ),
);
const CHANGE_PASSWORD = new Validator(
  wrapped('changePassword', object({ adminPass: { type: 'string' } }, ['adminPass'])),
);

/** Holding servers up, setting them aside, mending them. */
export const lifecycleActions: Record<string, Action> = {
  pause: task('pause', ['active'], ['pausing', 'paused']),
  unpause: task('unpause', ['paused'], ['unpausing', 'unpaused']),
  suspend: task('suspend', ['active'], ['suspending', 'suspended']),
  resume: task('resume', ['suspended'], ['resuming', 'resumed']),
  unrescue: task('unrescue', ['rescued'], ['unrescuing', 'unrescued']),

  shelve(cloud, request, server) {
    requireState(server, 'shelve', { vmStates: ['active', 'stopped', 'paused', 'suspended'] });
    const image = snapshotImage(cloud, server, { name: `${server.name}-shelved` }, 'snapshot', {
      base_image_ref: server.imageId,
    });
    begin(cloud, request, server, 'shelve', ['shelving', 'shelving'], (old) => {
      cloud.state.images.put(image.id, image);
      old.shelvedImageId = image.id;
    });
    return undefined;
  },

  rescue(cloud, request, server, body, reply) {
    RESCUE.body(body, request.call.legacyCompute);
    const wish = body.rescue as { adminPass?: string; rescue_image_ref?: string } | null;
    requireState(server, 'rescue', { vmStates: ['active', 'stopped', 'error'] });
    const image = wish?.rescue_image_ref;
    if (image !== undefined && visibleImage(cloud.state, image.toLowerCase()) === undefined) {
      throw novaFault(400, `Requested rescue image '${image}' is not supported`);
    }
    begin(cloud, request, server, 'rescue', ['rescuing', 'rescued']);
    reply.code(200);
    return { adminPass: wish?.adminPass ?? newPassword() };
  },

  unshelve(cloud, request, server, body) {
    const minor = requestedMicroversion(cloud, request);
    if (minor >= 77) (minor >= 91 ? UNSHELVE_91 : UNSHELVE_77).body(body);
    requireState(server, 'unshelve', { vmStates: ['shelved', 'shelved_offloaded'] });
    const wish = minor >= 77 ? asObject(body.unshelve) : undefined;
    const zone = wish?.availability_zone;
    if (zone && zone !== 'nova') {
      throw novaFault(400, 'The requested availability zone is not available');
    }
    if (wish?.host) throw policy('os-shelve:unshelve_to_host');
    begin(cloud, request, server, 'unshelve', ['unshelving', 'scheduled']);
    return undefined;
  },

  // Done when it is answered, with the fake driver too; nobody logs in with a password here.
  changePassword(cloud, request, server, body) {
    CHANGE_PASSWORD.body(body, request.call.legacyCompute);
    if (server.locked) throw invalidState(server, 'changePassword');
    requireState(server, 'changePassword', { vmStates: ['active'] });
    act(cloud, request, server, 'changePassword');
    return undefined;
  },

  // What is deleted is gone.
  restore(_cloud, _request, server) {
    if (server.locked) throw invalidState(server, 'restore');
    requireState(server, 'restore', { vmStates: [] });
    return undefined;
  },
};
