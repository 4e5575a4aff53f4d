import assert from 'node:assert/strict';
import type { Answer } from './answer.js';
import type { Cloud } from './cloud.js';
import { makeSubnet } from './networked.js';
import type { Fields } from './networked.js';

/** The header that asks Compute for this minor version of 2. */
export function microversion(minor: number): Record<string, string> {
  return { 'openstack-api-version': `compute 2.${minor}` };
}

/** The id of the image that everything is booted from. */
export function imageId(cloud: Cloud): Promise<string> {
  return cloud.shared('image', async () => {
    const answer = await cloud.image.get(`/images?name=${encodeURIComponent('Debian 12')}`);
    return answer.is(200).string('images.0.id');
  });
}

/** The network of all servers that need none of their own. */
export async function sharedNetwork(cloud: Cloud): Promise<string> {
  const made = await cloud.shared('network', (session) =>
    makeSubnet(session, { cidr: '10.9.0.0/16' }),
  );
  return made.network;
}

/** What a create asks for, unless the case says otherwise: m1.small with Debian on the shared network. */
async function serverFields(cloud: Cloud, fields: Fields = {}): Promise<Fields> {
  return {
    name: cloud.name('server'),
    imageRef: await imageId(cloud),
    flavorRef: '2',
    networks: 'networks' in fields ? undefined : [{ uuid: await sharedNetwork(cloud) }],
    ...fields,
  };
}

/**
 * Asks for a server, which is deleted when the case is over.
 * @param beside what stands beside the server in the body
 */
export async function createServer(
  cloud: Cloud,
  fields?: Fields,
  headers?: Record<string, string>,
  beside: Fields = {},
): Promise<Answer> {
  const server = await serverFields(cloud, fields);
  const answer = await cloud.compute.post('/servers', { server, ...beside }, headers);
  const id = answer.at('server.id');
  if (typeof id === 'string') cloud.undo(() => removeServer(cloud, id));
  return answer;
}

/** Deletes the server and waits until it is gone. */
export async function removeServer(cloud: Cloud, id: string): Promise<void> {
  (await cloud.compute.delete(`/servers/${id}`)).is(204, 404);
  await cloud.eventually(async () => (await cloud.compute.get(`/servers/${id}`)).is(404));
}

/** Waits for the status; returns the server as it is then. */
export function awaitStatus(cloud: Cloud, id: string, status: string): Promise<Answer> {
  return cloud.eventually(async () => {
    const answer = (await cloud.compute.get(`/servers/${id}`)).is(200);
    assert.equal(answer.at('server.status'), status);
    assert.equal(answer.at('server.OS-EXT-STS:task_state'), null);
    return answer;
  });
}

/** A server that has booted; returns its id. */
export async function bootServer(
  cloud: Cloud,
  fields?: Fields,
  headers?: Record<string, string>,
  beside?: Fields,
): Promise<string> {
  const id = (await createServer(cloud, fields, headers, beside)).is(202).string('server.id');
  await awaitStatus(cloud, id, 'ACTIVE');
  return id;
}

/** The ids of the servers that a list shows. */
export async function serverIds(
  cloud: Cloud,
  query: string,
  headers?: Record<string, string>,
): Promise<unknown[]> {
  return (await cloud.compute.get(`/servers?${query}`, headers)).is(200).each('servers', 'id');
}
