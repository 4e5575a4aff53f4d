import assert from 'node:assert/strict';
import type { Answer } from './answer.js';
import { awaitStatus, bootServer } from './booted.js';
import type { Cloud } from './cloud.js';
import type { Fields } from './networked.js';

/** Asks for an action on a server. */
export function act(
  cloud: Cloud,
  id: string,
  action: unknown,
  headers?: Record<string, string>,
): Promise<Answer> {
  return cloud.compute.post(`/servers/${id}/action`, action, headers);
}

/** How a server shows itself: status, VM state, power state. */
export type Shown = [status: string, vmState: string, powerState: number];

/** Has an action done, and waits until the server is as it says; returns the server. */
export async function actUntil(
  cloud: Cloud,
  id: string,
  action: unknown,
  [status, vmState, powerState]: Shown,
): Promise<Answer> {
  (await act(cloud, id, action)).is(200, 202, 204);
  const shown = await awaitStatus(cloud, id, status);
  assert.deepEqual(
    [shown.at('server.OS-EXT-STS:vm_state'), shown.at('server.OS-EXT-STS:power_state')],
    [vmState, powerState],
    JSON.stringify(action),
  );
  return shown;
}

/** Asserts that an action is refused for the state a server is in. */
export function refusedIn(answer: Answer, action: string, id: string, vmState: string): void {
  answer.nova(
    409,
    'conflictingRequest',
    `Cannot '${action}' instance ${id} while it is in vm_state ${vmState}`,
  );
}

/** The actions that a server tells of, newest first. */
export async function toldActions(cloud: Cloud, id: string): Promise<unknown[]> {
  const answer = await cloud.compute.get(`/servers/${id}/os-instance-actions`);
  return answer.is(200).each('instanceActions', 'action');
}

export const active: Shown = ['ACTIVE', 'active', 1];
export const shutOff: Shown = ['SHUTOFF', 'stopped', 4];
export const paused: Shown = ['PAUSED', 'paused', 1];
export const suspended: Shown = ['SUSPENDED', 'suspended', 1];
export const rescued: Shown = ['RESCUE', 'rescued', 4];
export const shelved: Shown = ['SHELVED_OFFLOADED', 'shelved_offloaded', 4];
export const resized: Shown = ['VERIFY_RESIZE', 'resized', 1];

/** A resize from what servers have here. */
export const larger = { resize: { flavorRef: '3' } };

/** States that servers are brought into, and how. */
export const ways: { shown: Shown; way: Fields[] }[] = [
  { shown: active, way: [] },
  { shown: shutOff, way: [{ 'os-stop': null }] },
  { shown: paused, way: [{ pause: null }] },
  { shown: suspended, way: [{ suspend: null }] },
  { shown: rescued, way: [{ rescue: null }] },
  { shown: shelved, way: [{ shelve: null }] },
  { shown: resized, way: [larger] },
];

/** A server in one of these states. */
export async function serverIn(
  cloud: Cloud,
  { shown, way }: (typeof ways)[number],
): Promise<string> {
  const id = await bootServer(cloud);
  for (const action of way) await actUntil(cloud, id, action, shown);
  return id;
}
