import type { FastifyInstance, FastifyRequest } from 'fastify';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import { param, queryOf } from '../query.js';
import type { ActionRecord } from '../records.js';
import { isoMicros, seconds } from '../time-format.js';
import { noInstance, novaFault } from './faults.js';
import { Links, pageItems } from './links.js';
import { requestedMicroversion } from './microversion.js';
import { paging, query } from './parameter-types.js';
import { findServer } from './server-store.js';
import { Validator } from './validation.js';

const ACTIONS = '/compute/v2.1/servers/:server/os-instance-actions';
const pages = new Validator(query(paging, 58));

/** What was done to a server, newest first. */
export function instanceActionRoutes(app: FastifyInstance, cloud: Cloud): void {
  app.get(ACTIONS, (request) => {
    const minor = requestedMicroversion(cloud, request);
    const serverId = existing(cloud, request, minor);
    const actions = actionsOf(cloud, serverId);
    const show = (action: ActionRecord): Record<string, unknown> =>
      actionDocument(cloud, serverId, action, minor);
    if (minor < 58) return { instanceActions: actions.map(show) };
    const asked = queryOf(request);
    pages.query(asked);
    const page = pageItems(
      actions,
      asked,
      ({ requestId }) => requestId,
      (marker) => novaFault(400, `Marker ${marker} could not be found.`),
    );
    const path = `servers/${serverId}/os-instance-actions`;
    return {
      instanceActions: page.map(show),
      ...new Links(cloud, request).next(path, 'links', page.length, page.at(-1)?.requestId),
    };
  });

  app.get(`${ACTIONS}/:action`, (request) => {
    const minor = requestedMicroversion(cloud, request);
    const serverId = existing(cloud, request, minor);
    const id = param(request, 'action');
    const action = actionsOf(cloud, serverId).find(({ requestId }) => requestId === id);
    if (action === undefined) throw novaFault(404, `Action ${id} not found`);
    return {
      instanceAction: {
        ...actionDocument(cloud, serverId, action, minor),
        ...(minor >= 51 ? { events: [] } : {}),
      },
    };
  });
}

/** From 2.21 on the actions of deleted servers can be seen too. */
function existing(cloud: Cloud, request: FastifyRequest, minor: number): string {
  const id = param(request, 'server');
  if (minor < 21) return findServer(cloud.state, id).id;
  if (!cloud.state.servers.has(id)) throw noInstance(id);
  return id;
}

function actionsOf({ state }: Cloud, serverId: string): ActionRecord[] {
  return [...state.serverActions.underReversed(serverId)].map(({ value }) => value);
}

function actionDocument(
  cloud: Cloud,
  serverId: string,
  { action, requestId, at }: ActionRecord,
  minor: number,
): Record<string, unknown> {
  const { userId, projectId } = account(cloud.state);
  const time = isoMicros(seconds(at) * 1000);
  return {
    action,
    instance_uuid: serverId,
    request_id: requestId,
    user_id: userId,
    project_id: projectId,
    start_time: time,
    message: null,
    ...(minor >= 58 ? { updated_at: time } : {}),
  };
}
