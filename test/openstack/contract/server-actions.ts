import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { act } from './acted.js';
import { awaitStatus, bootServer, createServer, microversion } from './booted.js';
import type { Answer } from './answer.js';
import type { Case } from './cloud.js';

function missing(answer: Answer, id: string): void {
  answer.nova(404, 'itemNotFound', `Instance ${id} could not be found.`);
}

/** What is done to servers, and their end. */
export const serverActionCases: Case[] = [
  {
    name: 'a server that is not there is not found, whatever is asked of it',
    run: async (cloud) => {
      const id = randomUUID();
      missing(await cloud.compute.get(`/servers/${id}`), id);
      missing(await cloud.compute.delete(`/servers/${id}`), id);
      missing(await cloud.compute.put(`/servers/${id}`, { server: { name: 'x' } }), id);
      (await act(cloud, id, { 'os-stop': null })).nova(
        404,
        'itemNotFound',
        `Instance ${id} has no mapping to a cell.`,
      );
      missing(await cloud.compute.get(`/servers/${id}/ips`), id);
      (await cloud.compute.get(`/servers/${id}/metadata`)).is(404);
      (await cloud.compute.get('/servers/no-uuid')).is(404);
    },
  },
  {
    name: 'a deleted server lingers, and is then gone; deleting it again is not found',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      assert.equal((await cloud.compute.delete(`/servers/${id}`)).is(204).text, '');
      await cloud.eventually(async () => missing(await cloud.compute.get(`/servers/${id}`), id));
      missing(await cloud.compute.delete(`/servers/${id}`), id);
    },
  },
  {
    name: 'a server may be deleted while it builds, and deleted again while it goes',
    run: async (cloud) => {
      const id = (await createServer(cloud)).is(202).string('server.id');
      (await cloud.compute.delete(`/servers/${id}`)).is(204);
      (await cloud.compute.delete(`/servers/${id}`)).is(204, 404);
      await cloud.eventually(async () => missing(await cloud.compute.get(`/servers/${id}`), id));
    },
  },
  {
    name: 'a server is stopped and started',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      assert.equal((await act(cloud, id, { 'os-stop': null })).is(202).text, '');
      const stopped = await awaitStatus(cloud, id, 'SHUTOFF');
      assert.equal(stopped.at('server.OS-EXT-STS:vm_state'), 'stopped');
      assert.equal(stopped.at('server.OS-EXT-STS:power_state'), 4);
      (await act(cloud, id, { 'os-stop': null })).nova(
        409,
        'conflictingRequest',
        `Cannot 'stop' instance ${id} while it is in vm_state stopped`,
      );
      (await act(cloud, id, { 'os-start': null })).is(202);
      await awaitStatus(cloud, id, 'ACTIVE');
      (await act(cloud, id, { 'os-start': null })).nova(
        409,
        'conflictingRequest',
        `Cannot 'start' instance ${id} while it is in vm_state active`,
      );
    },
  },
  {
    name: 'a server is rebooted, softly or hard',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      for (const type of ['SOFT', 'HARD']) {
        (await act(cloud, id, { reboot: { type } })).is(202);
        await awaitStatus(cloud, id, 'ACTIVE');
      }
      (await act(cloud, id, { reboot: { type: 'GENTLE' } })).nova(
        400,
        'badRequest',
        /^Invalid input for field\/attribute type\. Value: GENTLE\. 'GENTLE' is not one of /,
      );
      (await act(cloud, id, { reboot: {} })).is(400);
    },
  },
  {
    name: 'an action that there is not is a bad request',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      (await act(cloud, id, { dance: {} })).nova(
        400,
        'badRequest',
        'There is no such action: dance',
      );
      (await act(cloud, id, {})).is(400);
    },
  },
  {
    name: 'a locked server stays',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      (await act(cloud, id, { lock: null })).is(202);
      // Else nobody could clean up.
      cloud.undo(() => act(cloud, id, { unlock: null }));
      const shown = await cloud.compute.get(`/servers/${id}`, microversion(9));
      assert.equal(shown.at('server.locked'), true);
      (await cloud.compute.delete(`/servers/${id}`)).nova(
        409,
        'conflictingRequest',
        `Instance ${id} is locked`,
      );
      (await act(cloud, id, { unlock: null })).is(202);
      (await cloud.compute.delete(`/servers/${id}`)).is(204);
    },
  },
  {
    name: 'a server is renamed, and its address for people changes',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const put = (server: unknown) => cloud.compute.put(`/servers/${id}`, { server });
      const renamed = (await put({ name: 'renamed' })).is(200);
      assert.equal(renamed.at('server.name'), 'renamed');
      assert.equal(
        (await put({ accessIPv4: '192.0.2.7' })).is(200).at('server.accessIPv4'),
        '192.0.2.7',
      );
      (await put({ accessIPv4: 'here' })).nova(
        400,
        'badRequest',
        "Invalid input for field/attribute accessIPv4. Value: here. 'here' is not a 'ipv4'",
      );
      (await put({ name: '' })).is(400);
      (await put({ color: 'red' })).is(400);
    },
  },
  {
    name: 'metadata is read, replaced, added to and removed',
    run: async (cloud) => {
      const id = await bootServer(cloud, { metadata: { a: '1' } });
      const path = `/servers/${id}/metadata`;
      (await cloud.compute.get(path)).says(200, { metadata: { a: '1' } });
      (await cloud.compute.post(path, { metadata: { b: '2' } })).says(200, {
        metadata: { a: '1', b: '2' },
      });
      (await cloud.compute.put(path, { metadata: { c: '3' } })).says(200, { metadata: { c: '3' } });
      (await cloud.compute.put(`${path}/d`, { meta: { d: '4' } })).says(200, { meta: { d: '4' } });
      (await cloud.compute.get(`${path}/d`)).says(200, { meta: { d: '4' } });
      (await cloud.compute.delete(`${path}/d`)).is(204);
      (await cloud.compute.get(`${path}/d`)).nova(
        404,
        'itemNotFound',
        'Metadata item was not found',
      );
      (await cloud.compute.delete(`${path}/d`)).nova(
        404,
        'itemNotFound',
        'Metadata item was not found',
      );
      (await cloud.compute.get(path)).says(200, { metadata: { c: '3' } });
    },
  },
  {
    name: 'metadata keeps its limits when it is added to',
    run: async (cloud) => {
      const id = await bootServer(cloud, { metadata: { a: '1' } });
      const path = `/servers/${id}/metadata`;
      const metadata = Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`k${i}`, 'v']));
      (await cloud.compute.post(path, { metadata })).nova(
        403,
        'forbidden',
        'Maximum number of metadata items exceeds 128',
      );
      (await cloud.compute.post(path, { metadata: { k: 'v'.repeat(256) } })).is(400);
      (await cloud.compute.put(`${path}/d`, { meta: { e: '4' } })).nova(
        400,
        'badRequest',
        'Request body and URI mismatch',
      );
    },
  },
  {
    name: 'from 2.26 on a server has tags',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const path = `/servers/${id}/tags`;
      const headers = microversion(26);
      (await cloud.compute.get(path)).is(404);
      (await cloud.compute.put(path, { tags: ['b', 'a'] }, headers)).is(200);
      const tags = (await cloud.compute.get(path, headers)).is(200);
      assert.deepEqual([...(tags.at('tags') as string[])].sort(), ['a', 'b']);
      (await cloud.compute.send('PUT', `${path}/c`, { headers })).is(201);
      (await cloud.compute.send('PUT', `${path}/c`, { headers })).is(204);
      (await cloud.compute.delete(`${path}/c`, headers)).is(204);
      (await cloud.compute.delete(`${path}/c`, headers)).is(404);
      (await cloud.compute.delete(path, headers)).is(204);
      assert.deepEqual((await cloud.compute.get(path, headers)).at('tags'), []);
    },
  },
  {
    name: 'what was done to a server is told',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      (await act(cloud, id, { reboot: { type: 'HARD' } })).is(202);
      const answer = (await cloud.compute.get(`/servers/${id}/os-instance-actions`)).is(200);
      assert.deepEqual(answer.each('instanceActions', 'action'), ['reboot', 'create']);
      assert.match(answer.string('instanceActions.0.request_id'), /^req-/);
      assert.deepEqual(answer.each('instanceActions', 'instance_uuid'), [id, id]);
    },
  },
  {
    name: 'a server’s security groups are told',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const answer = (await cloud.compute.get(`/servers/${id}/os-security-groups`)).is(200);
      assert.deepEqual(answer.each('security_groups', 'name'), ['default']);
    },
  },
  {
    name: 'diagnostics and force-delete’s like are not for everyone',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      (await cloud.compute.get(`/servers/${id}/diagnostics`)).is(403);
      (await act(cloud, id, { 'os-resetState': { state: 'active' } })).is(403);
      (await cloud.compute.get('/os-hypervisors')).is(403);
      (await cloud.compute.get('/os-services')).is(403);
    },
  },
  {
    name: 'from 2.47 on a server shows its flavor in full',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const answer = (await cloud.compute.get(`/servers/${id}`, microversion(47))).is(200);
      assert.deepEqual(answer.at('server.flavor'), {
        original_name: 'm1.small',
        vcpus: 1,
        ram: 2048,
        disk: 20,
        ephemeral: 0,
        swap: 0,
        extra_specs: {},
      });
    },
  },
];
