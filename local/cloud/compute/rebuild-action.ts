import type { Cloud } from '../cloud.js';
import { visibleImage } from '../images/image-store.js';
import { portsOfDevice } from '../networking/port-store.js';
import type { ImageRecord, ServerInput, ServerRecord } from '../records.js';
import { begin, type Action } from './action.js';
import { novaFault } from './faults.js';
import { checkFit, minDiskOf, requireActive } from './image-fit.js';
import {
  checkFiles,
  injectedFiles,
  refuseIncompleteFiles,
  type Personality,
} from './injected-files.js';
import { checkMetadataQuota } from './metadata.js';
import { requestedMicroversion } from './microversion.js';
import { defaultDiskConfig, newPassword } from './new-server.js';
import { ServerDocuments } from './server-document.js';
import { rebuildValidator } from './server-schemas.js';
import { findServer, requireState } from './server-store.js';

/** The `rebuild` of a body, as its schema leaves it. */
interface Wish {
  imageRef: string;
  name?: string;
  adminPass?: string;
  metadata?: Record<string, string>;
  'OS-DCF:diskConfig'?: ServerRecord['diskConfig'];
  accessIPv4?: string;
  accessIPv6?: string;
  personality?: Personality;
  description?: string | null;
  key_name?: string | null;
  user_data?: string | null;
  hostname?: string;
}

/** A new disk, from this image or another; the ports stay, and what the request does not change. */
export const rebuild: Action = (cloud, request, server, body, reply) => {
  const { state } = cloud;
  const minor = requestedMicroversion(cloud, request);
  const { legacyCompute } = request.call;
  rebuildValidator(minor, legacyCompute).body(body, legacyCompute);
  const wish = body.rebuild as Wish;
  refuseIncompleteFiles(wish.personality);
  requireState(server, 'rebuild', { vmStates: ['active', 'stopped', 'error'] });
  const publicKeys = keysOf(cloud, wish);
  const image = checkedImage(cloud, server, wish);
  begin(cloud, request, server, 'rebuild', ['rebuilding', 'wiped'], (old) => {
    change(cloud, old, wish);
    old.imageId = image.id;
    const flavor = state.flavors.get(old.flavorId);
    if (flavor !== undefined) old.minDiskGiB = minDiskOf(flavor, image);
    const input = state.serverInputs.get(old.id);
    if (input !== undefined) {
      state.serverInputs.put(old.id, changedInput(input, wish, publicKeys));
    }
  });
  const documents = new ServerDocuments(cloud, request, (id) => portsOfDevice(state, id));
  reply.header('location', documents.links.self(`servers/${server.id}`));
  return {
    server: {
      ...documents.rebuilt(findServer(state, server.id)),
      adminPass: wish.adminPass ?? newPassword(),
      ...(minor >= 57 ? { user_data: state.serverInputs.get(server.id)?.userData ?? null } : {}),
    },
  };
};

/** The keys that the server then has; undefined when they stay. */
function keysOf({ state }: Cloud, { key_name: name }: Wish): Record<string, string> | undefined {
  if (name === undefined) return undefined;
  if (name === null || name === '') return {};
  const keyPair = state.keyPairs.get(name);
  if (keyPair === undefined) throw novaFault(400, 'Invalid key_name provided.');
  return { [keyPair.name]: keyPair.publicKey };
}

/** The image, when the server may have it. */
function checkedImage(cloud: Cloud, server: ServerRecord, wish: Wish): ImageRecord {
  const { state } = cloud;
  const image = visibleImage(state, wish.imageRef.toLowerCase());
  if (image === undefined) throw novaFault(400, 'Cannot find image for rebuild');
  checkMetadataQuota(cloud, wish.metadata ?? {});
  checkFiles(cloud, wish.personality ?? []);
  requireActive(image);
  const flavor = state.flavors.get(server.flavorId);
  if (flavor !== undefined) checkFit(flavor, image);
  return image;
}

function change(cloud: Cloud, server: ServerRecord, wish: Wish): void {
  server.name = wish.name?.trim() ?? server.name;
  server.metadata = wish.metadata ?? server.metadata;
  server.diskConfig = wish['OS-DCF:diskConfig'] ?? defaultDiskConfig(cloud);
  server.accessIPv4 = wish.accessIPv4 ?? server.accessIPv4;
  server.accessIPv6 = wish.accessIPv6 ?? server.accessIPv6;
  server.hostname = wish.hostname ?? server.hostname;
  if (wish.description !== undefined) server.description = wish.description;
  if (wish.key_name !== undefined) server.keyName = wish.key_name;
  server.progress = 0;
}

/** Nova keeps no injected files: without new ones there are none. */
function changedInput(input: ServerInput, wish: Wish, publicKeys = input.publicKeys): ServerInput {
  return {
    userData: wish.user_data === undefined ? input.userData : wish.user_data,
    publicKeys,
    personality: injectedFiles(wish.personality),
  };
}
