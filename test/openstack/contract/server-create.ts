import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  awaitStatus,
  bootServer,
  createServer,
  imageId,
  microversion,
  removeServer,
  serverIds,
} from './booted.js';
import type { Case } from './cloud.js';
import { makeKey } from './key-pairs.js';
import { base64 } from './server-refusals.js';

/** Creating servers. */
export const serverCreateCases: Case[] = [
  {
    name: 'a create is accepted with an id and a password, and nothing else of the server',
    run: async (cloud) => {
      const answer = (await createServer(cloud)).is(202);
      assert.deepEqual(answer.keys('server'), [
        'OS-DCF:diskConfig',
        'adminPass',
        'id',
        'links',
        'security_groups',
      ]);
      assert.equal(answer.at('server.OS-DCF:diskConfig'), 'MANUAL');
      assert.match(answer.string('server.adminPass'), /^\w{12}$/);
      assert.deepEqual(answer.at('server.security_groups'), [{ name: 'default' }]);
      const location = answer.header('location') ?? '';
      assert.ok(location.endsWith(`/servers/${answer.string('server.id')}`), location);
    },
  },
  {
    name: 'a new server builds, and is then active with its address',
    run: async (cloud) => {
      const id = (await createServer(cloud)).is(202).string('server.id');
      const first = (await cloud.compute.get(`/servers/${id}`)).is(200);
      assert.ok(['BUILD', 'ACTIVE'].includes(first.string('server.status')));
      const answer = await awaitStatus(cloud, id, 'ACTIVE');
      assert.equal(answer.at('server.OS-EXT-STS:vm_state'), 'active');
      assert.equal(answer.at('server.OS-EXT-STS:power_state'), 1);
      assert.equal(answer.at('server.progress'), 0);
      const [name] = answer.keys('server.addresses');
      const address = `server.addresses.${name ?? ''}.0`;
      assert.match(answer.string(`${address}.addr`), /^10\.9\.\d+\.\d+$/);
      assert.equal(answer.at(`${address}.version`), 4);
      assert.equal(answer.at(`${address}.OS-EXT-IPS:type`), 'fixed');
      assert.match(answer.string(`${address}.OS-EXT-IPS-MAC:mac_addr`), /^fa:16:3e/);
    },
  },
  {
    name: 'a server shows what it was made of',
    run: async (cloud) => {
      const key_name = await makeKey(cloud);
      const fields = { name: cloud.name('server'), key_name, metadata: { role: 'test' } };
      const id = await bootServer(cloud, { ...fields, config_drive: true });
      const answer = await cloud.compute.get(`/servers/${id}`);
      assert.equal(answer.at('server.name'), fields.name);
      assert.equal(answer.at('server.key_name'), key_name);
      assert.equal(answer.at('server.image.id'), await imageId(cloud));
      assert.equal(answer.at('server.flavor.id'), '2');
      assert.deepEqual(answer.at('server.metadata'), { role: 'test' });
      assert.equal(answer.at('server.config_drive'), 'True');
      assert.equal(answer.at('server.tenant_id'), cloud.projectId);
      assert.equal(answer.at('server.user_id'), cloud.userId);
      assert.deepEqual(answer.at('server.security_groups'), [{ name: 'default' }]);
      assert.deepEqual(answer.at('server.os-extended-volumes:volumes_attached'), []);
      assert.equal(answer.at('server.accessIPv4'), '');
      assert.equal(answer.at('server.OS-EXT-AZ:availability_zone'), 'nova');
      assert.match(answer.string('server.created'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.match(answer.string('server.hostId'), /^[0-9a-f]{56}$/);
    },
  },
  {
    name: 'an ordinary user does not see where a server runs',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const keys = (await cloud.compute.get(`/servers/${id}`)).keys('server');
      assert.deepEqual(
        keys.filter((key) => key.startsWith('OS-EXT-SRV-ATTR')),
        [],
      );
    },
  },
  {
    name: 'two servers may have one name',
    run: async (cloud) => {
      const name = cloud.name('server');
      const first = (await createServer(cloud, { name })).is(202).string('server.id');
      const second = (await createServer(cloud, { name })).is(202).string('server.id');
      assert.notEqual(first, second);
    },
  },
  {
    name: 'several servers are made at once, and are numbered',
    run: async (cloud) => {
      const name = cloud.name('server');
      cloud.undo(async () => {
        for (const id of await serverIds(cloud, `name=${name}`)) {
          await removeServer(cloud, String(id));
        }
      });
      const answer = await createServer(cloud, {
        name,
        min_count: 2,
        max_count: 2,
        return_reservation_id: true,
      });
      assert.match(answer.is(202).string('reservation_id'), /^r-[0-9a-z]{8}$/);
      const list = await cloud.eventually(async () => {
        const found = await cloud.compute.get(`/servers?name=${name}`);
        assert.equal(found.is(200).list('servers').length, 2);
        return found;
      });
      assert.deepEqual(list.each('servers', 'name').sort(), [`${name}-1`, `${name}-2`]);
    },
  },
  {
    name: 'injected files have a size and a number, and end with 2.57',
    run: async (cloud) => {
      const file = (bytes: number) => ({ path: '/etc/x', contents: base64(bytes) });
      (await createServer(cloud, { personality: [file(10_241)] })).nova(
        403,
        'forbidden',
        'Personality file content exceeds maximum 10240',
      );
      (await createServer(cloud, { personality: Array(6).fill(file(1)) })).nova(
        403,
        'forbidden',
        'Personality file limit exceeded',
      );
      (await createServer(cloud, { personality: [file(10)] })).is(202);
      (await createServer(cloud, { personality: [file(10)] }, microversion(57))).nova(
        400,
        'badRequest',
        /'personality' was unexpected/,
      );
    },
  },
  {
    name: 'a config drive is yes or no',
    run: async (cloud) => {
      (await createServer(cloud, { config_drive: 'maybe' })).is(400);
      const id = (await createServer(cloud, { config_drive: 'true' })).is(202).string('server.id');
      assert.equal((await cloud.compute.get(`/servers/${id}`)).at('server.config_drive'), 'True');
      const without = (await createServer(cloud)).is(202).string('server.id');
      assert.equal((await cloud.compute.get(`/servers/${without}`)).at('server.config_drive'), '');
    },
  },
  {
    name: 'an admin password may be given',
    run: async (cloud) => {
      const answer = await createServer(cloud, { adminPass: 'secret of mine' });
      assert.equal(answer.is(202).at('server.adminPass'), 'secret of mine');
    },
  },
  {
    name: 'a description is there from 2.19 on, tags at the create from 2.52 on',
    run: async (cloud) => {
      const described = { description: 'a server' };
      (await createServer(cloud, described)).is(400);
      const id = (await createServer(cloud, described, microversion(19)))
        .is(202)
        .string('server.id');
      const shown = await cloud.compute.get(`/servers/${id}`, microversion(19));
      assert.equal(shown.at('server.description'), 'a server');
      (await createServer(cloud, { tags: ['a'] })).is(400);
      const tagged = (await createServer(cloud, { tags: ['b', 'a'] }, microversion(52))).is(202);
      const tags = await cloud.compute.get(
        `/servers/${tagged.string('server.id')}`,
        microversion(52),
      );
      assert.deepEqual([...(tags.at('server.tags') as string[])].sort(), ['a', 'b']);
    },
  },
  {
    name: 'a server group that is not there is refused',
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
