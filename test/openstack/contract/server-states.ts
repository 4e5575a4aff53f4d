import assert from 'node:assert/strict';
import { act, refusedIn, serverIn, toldActions, ways } from './acted.js';
import { imageId, microversion } from './booted.js';
import type { Case, Cloud } from './cloud.js';

/** Actions by their names in a refusal, with the VM states that they are allowed in. */
const allowed: Record<string, string[]> = {
  pause: ['active'],
  unpause: ['paused'],
  suspend: ['active'],
  resume: ['suspended'],
  rescue: ['active', 'stopped'],
  unrescue: ['rescued'],
  shelve: ['active', 'stopped', 'paused', 'suspended'],
  unshelve: ['shelved_offloaded'],
  resize: ['active', 'stopped'],
  confirmResize: ['resized'],
  revertResize: ['resized'],
  rebuild: ['active', 'stopped'],
  restore: [],
  changePassword: ['active'],
  stop: ['active'],
  start: ['stopped'],
  'soft reboot': ['active'],
  'hard reboot': ['active', 'stopped', 'paused', 'suspended'],
};

async function bodyOf(cloud: Cloud, action: string): Promise<Record<string, unknown>> {
  if (action === 'resize') return { resize: { flavorRef: '3' } };
  if (action === 'rebuild') return { rebuild: { imageRef: await imageId(cloud) } };
  if (action === 'changePassword') return { changePassword: { adminPass: 'x' } };
  if (action === 'stop' || action === 'start') return { [`os-${action}`]: null };
  if (action.endsWith('reboot')) return { reboot: { type: action.split(' ')[0]?.toUpperCase() } };
  return { [action]: null };
}

/** What the server refuses in this VM state. */
async function refuses(cloud: Cloud, id: string, vmState: string): Promise<void> {
  for (const [action, states] of Object.entries(allowed)) {
    if (states.includes(vmState)) continue;
    // Without a host Nova says another thing first.
    if (['stop', 'start'].includes(action) && vmState === 'shelved_offloaded') continue;
    const answer = await act(cloud, id, await bodyOf(cloud, action));
    refusedIn(answer, action.split(' ').at(-1) ?? '', id, vmState);
  }
}

/** What of the server can be changed in this VM state. */
async function changes(cloud: Cloud, id: string, vmState: string): Promise<void> {
  const path = `/servers/${id}`;
  const settled = ['active', 'stopped', 'paused', 'suspended'].includes(vmState);
  const metadata = await cloud.compute.post(`${path}/metadata`, { metadata: { a: 'b' } });
  if (settled) metadata.is(200);
  else refusedIn(metadata, 'update metadata', id, vmState);
  const tags = await cloud.compute.put(`${path}/tags`, { tags: ['x'] }, microversion(26));
  if (settled) tags.is(200);
  else refusedIn(tags, 'update tags', id, vmState);
  const port = await cloud.compute.post(`${path}/os-interface`, { interfaceAttachment: {} });
  if (['active', 'stopped', 'paused'].includes(vmState)) port.is(200, 400);
  else refusedIn(port, 'attach_interface', id, vmState);
  (await cloud.compute.put(path, { server: { name: 'renamed' } })).is(200);
  (await act(cloud, id, { lock: null })).is(202);
  (await act(cloud, id, { unlock: null })).is(202);
}

/** Deletes the server in this VM state: what is told of it then, and that it leaves no port. */
async function goes(cloud: Cloud, id: string, vmState: string): Promise<void> {
  const before = await toldActions(cloud, id);
  (await cloud.compute.delete(`/servers/${id}`)).is(204);
  await cloud.eventually(async () => (await cloud.compute.get(`/servers/${id}`)).is(404));
  const told = await cloud.compute.get(`/servers/${id}/os-instance-actions`, microversion(21));
  const ends: Record<string, string[]> = {
    resized: ['delete', 'confirmResize'],
    shelved_offloaded: [],
  };
  assert.deepEqual(told.is(200).each('instanceActions', 'action'), [
    ...(ends[vmState] ?? ['delete']),
    ...before,
  ]);
  const ports = await cloud.network.get(`/ports?device_id=${id}`);
  assert.deepEqual(ports.is(200).at('ports'), []);
}

/** What may be done to servers in each state; one server a state, for booting is what takes long. */
export const serverStateCases: Case[] = ways.map((way) => {
  const [status, vmState] = way.shown;
  return {
    name: `a server that is ${status} refuses some things, has some changed, and is deleted`,
    run: async (cloud) => {
      const id = await serverIn(cloud, way);
      await refuses(cloud, id, vmState);
      await changes(cloud, id, vmState);
      await goes(cloud, id, vmState);
    },
  };
});
