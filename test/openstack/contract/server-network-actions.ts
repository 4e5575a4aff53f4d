import assert from 'node:assert/strict';
import { act } from './acted.js';
import type { Answer } from './answer.js';
import { bootServer, microversion } from './booted.js';
import type { Case, Cloud } from './cloud.js';

async function groupsOf(cloud: Cloud, id: string): Promise<unknown[]> {
  const answer = (await cloud.compute.get(`/servers/${id}/os-security-groups`)).is(200);
  return answer.each('security_groups', 'name').sort();
}

async function makeGroup(cloud: Cloud): Promise<{ id: string; name: string }> {
  const name = cloud.name('group');
  const made = await cloud.network.post('/security-groups', { security_group: { name } });
  const id = made.is(201).string('security_group.id');
  cloud.undo(() =>
    cloud.eventually(async () =>
      (await cloud.network.delete(`/security-groups/${id}`)).is(204, 404),
    ),
  );
  return { id, name };
}

/** Security groups and floating IPs by way of Compute. */
export const serverNetworkActionCases: Case[] = [
  {
    name: 'a server gets a security group by name or id, and loses it',
    run: async (cloud) => {
      const group = await makeGroup(cloud);
      const id = await bootServer(cloud);
      for (const name of [group.name, group.id]) {
        assert.equal((await act(cloud, id, { addSecurityGroup: { name } })).is(202).text, '');
        (await act(cloud, id, { addSecurityGroup: { name } })).nova(
          400,
          'badRequest',
          new RegExp(
            `^Invalid input for security_groups\\. Reason: Duplicate items in the list: '${group.id}'\\.\\n` +
              "Neutron server returns request_ids: \\['req-[-0-9a-f]{36}'\\]$",
          ),
        );
        assert.deepEqual(await groupsOf(cloud, id), ['default', group.name].sort());
        (await act(cloud, id, { removeSecurityGroup: { name } })).is(202);
        assert.deepEqual(await groupsOf(cloud, id), ['default']);
        (await act(cloud, id, { removeSecurityGroup: { name } })).nova(
          404,
          'itemNotFound',
          `Security group ${name} not associated with the instance ${id}`,
        );
      }
      (await act(cloud, id, { removeSecurityGroup: { name: 'default' } })).is(202);
      assert.deepEqual(await groupsOf(cloud, id), []);
    },
  },
  {
    name: 'a security group that a server gets must be named, and there',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      for (const action of ['addSecurityGroup', 'removeSecurityGroup']) {
        const refused = async (input: unknown, message: string): Promise<void> => {
          (await act(cloud, id, { [action]: input })).nova(400, 'badRequest', message);
        };
        await refused(null, 'Missing parameter dict');
        await refused({}, 'Security group not specified');
        await refused({ name: '' }, 'Security group name cannot be empty');
        await refused({ name: ' ' }, 'Security group name cannot be empty');
        (await act(cloud, id, { [action]: { name: 'nobody' } })).nova(
          404,
          'itemNotFound',
          `Security group nobody is not found for project ${cloud.projectId}`,
        );
      }
    },
  },
  {
    name: 'Compute finds no floating IP, and from 2.44 on looks for none',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const add = (input: unknown, minor = 1): Promise<Answer> =>
        act(cloud, id, { addFloatingIp: input }, microversion(minor));
      const remove = (input: unknown, minor = 1): Promise<Answer> =>
        act(cloud, id, { removeFloatingIp: input }, microversion(minor));
      const address = '198.51.100.7';
      (await add({ address })).nova(404, 'itemNotFound', 'floating IP not found');
      (await add({ address, fixed_address: '198.51.100.8' })).nova(
        400,
        'badRequest',
        'Specified fixed address not assigned to instance',
      );
      (await add({})).nova(400, 'badRequest', /'address' is a required property$/);
      (await add({ address: 'here' })).is(400);
      (await remove({ address }, 43)).nova(
        404,
        'itemNotFound',
        `Floating IP not found for address ${address}.`,
      );
      (await remove({})).nova(400, 'badRequest', /'address' is a required property$/);
      for (const answer of [await add({ address }, 44), await remove({ address }, 44)]) {
        answer.nova(404, 'itemNotFound', 'The resource could not be found.');
      }
    },
  },
];
