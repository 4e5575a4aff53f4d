import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Answer } from './answer.js';
import { awaitStatus, bootServer, createServer, microversion } from './booted.js';
import type { Case, Cloud } from './cloud.js';

const path = '/os-server-groups';

function createGroup(
  cloud: Cloud,
  server_group: Record<string, unknown>,
  headers = microversion(64),
): Promise<Answer> {
  return cloud.compute.post(path, { server_group }, headers);
}

/** A group that goes with the case. */
async function makeGroup(cloud: Cloud, policy: string): Promise<string> {
  const answer = (await createGroup(cloud, { name: cloud.name('group'), policy })).is(200);
  const id = answer.string('server_group.id');
  cloud.undo(() => cloud.compute.delete(`${path}/${id}`));
  return id;
}

async function members(cloud: Cloud, id: string): Promise<unknown> {
  return (await cloud.compute.get(`${path}/${id}`)).is(200).at('server_group.members');
}

/** Servers that are to share a host, or not to. Both clouds have one. */
export const serverGroupCases: Case[] = [
  {
    name: 'a group is made, listed, shown and deleted',
    run: async (cloud) => {
      const name = cloud.name('group');
      const answer = await createGroup(cloud, { name, policies: ['affinity'] }, {});
      const id = answer.is(200).string('server_group.id');
      const group = { id, name, policies: ['affinity'], metadata: {}, members: [] };
      assert.deepEqual(answer.at('server_group'), group);
      (await cloud.compute.get(`${path}/${id}`)).says(200, { server_group: group });
      const list = (await cloud.compute.get(path)).is(200).at('server_groups');
      assert.deepEqual(
        (list as { id: string }[]).find((one) => one.id === id),
        group,
      );
      assert.equal((await cloud.compute.delete(`${path}/${id}`)).is(204).text, '');
      const words = `Instance group ${id} could not be found.`;
      (await cloud.compute.get(`${path}/${id}`)).nova(404, 'itemNotFound', words);
      (await cloud.compute.delete(`${path}/${id}`)).nova(404, 'itemNotFound', words);
    },
  },
  {
    name: 'from 2.64 on a group has one policy, and rules',
    run: async (cloud) => {
      const wish = { name: cloud.name('group'), policy: 'anti-affinity' };
      const rules = { max_server_per_host: 2 };
      const answer = (await createGroup(cloud, { ...wish, rules })).is(200);
      const id = answer.string('server_group.id');
      cloud.undo(() => cloud.compute.delete(`${path}/${id}`));
      assert.deepEqual(answer.at('server_group'), {
        id,
        ...wish,
        rules: { max_server_per_host: 2 },
        members: [],
        project_id: cloud.projectId,
        user_id: cloud.userId,
      });
      (await createGroup(cloud, { ...wish, policy: 'affinity', rules })).nova(
        400,
        'badRequest',
        'Only anti-affinity policy supports rules.',
      );
    },
  },
  {
    name: 'a group needs a name and a policy that there is',
    run: async (cloud) => {
      const name = cloud.name('group');
      (await createGroup(cloud, { policy: 'affinity' })).nova(
        400,
        'badRequest',
        "Invalid input for field/attribute server_group. Value: {'policy': 'affinity'}. 'name' is a required property",
      );
      (await createGroup(cloud, { name, policy: 'close' })).nova(
        400,
        'badRequest',
        /^Invalid input for field\/attribute policy\. Value: close\. 'close' is not one of /,
      );
      (await createGroup(cloud, { name, policies: ['affinity'] })).is(400);
      (await createGroup(cloud, { name, policy: 'affinity' }, {})).is(400);
      // The soft ones came with 2.15.
      (await createGroup(cloud, { name, policies: ['soft-affinity'] }, {})).is(400);
      (await createGroup(cloud, { name, policies: [] }, {})).is(400);
      (await createGroup(cloud, { name: '', policy: 'affinity' })).is(400);
    },
  },
  {
    name: 'a server is a member of its group, until it is deleted',
    run: async (cloud) => {
      const group = await makeGroup(cloud, 'affinity');
      const id = await bootServer(cloud, {}, {}, { 'os:scheduler_hints': { group } });
      assert.deepEqual(await members(cloud, group), [id]);
      const shown = await cloud.compute.get(`/servers/${id}`, microversion(71));
      assert.deepEqual(shown.at('server.server_groups'), [group]);
      (await cloud.compute.delete(`/servers/${id}`)).is(204);
      await cloud.eventually(async () => {
        assert.deepEqual(await members(cloud, group), []);
      });
    },
  },
  {
    name: 'a server shows no group that is gone',
    run: async (cloud) => {
      const group = await makeGroup(cloud, 'soft-anti-affinity');
      const id = await bootServer(cloud, {}, {}, { 'os:scheduler_hints': { group } });
      (await cloud.compute.delete(`${path}/${group}`)).is(204);
      const shown = await cloud.compute.get(`/servers/${id}`, microversion(71));
      assert.deepEqual(shown.at('server.server_groups'), []);
    },
  },
  {
    name: 'of two servers that must not share a host, the second has none',
    run: async (cloud) => {
      const group = await makeGroup(cloud, 'anti-affinity');
      const hints = { 'os:scheduler_hints': { group } };
      await bootServer(cloud, {}, {}, hints);
      const second = (await createServer(cloud, {}, {}, hints)).is(202).string('server.id');
      const shown = await awaitStatus(cloud, second, 'ERROR');
      assert.equal(shown.at('server.fault.code'), 500);
      assert.match(shown.string('server.fault.message'), /^No valid host was found\. /);
    },
  },
  {
    name: 'a server is not made in a group that there is not',
    run: async (cloud) => {
      const group = randomUUID();
      (await createServer(cloud, {}, {}, { 'os:scheduler_hints': { group } })).nova(
        400,
        'badRequest',
        `Instance group ${group} could not be found.`,
      );
    },
  },
];
