import assert from 'node:assert/strict';
import { act, active, actUntil, shutOff, toldActions } from './acted.js';
import type { Answer } from './answer.js';
import { awaitStatus, bootServer, imageId, microversion } from './booted.js';
import type { Case, Cloud } from './cloud.js';
import type { Fields } from './networked.js';
import { importKey, publicKey } from './key-pairs.js';

/** Asks for a rebuild with the image that the server has. */
async function rebuild(cloud: Cloud, id: string, fields: Fields = {}, minor = 1): Promise<Answer> {
  const imageRef = await imageId(cloud);
  return act(cloud, id, { rebuild: { imageRef, ...fields } }, microversion(minor));
}

/** What the answer shows at 2.1. */
const oldest = [
  ...['OS-DCF:diskConfig', 'accessIPv4', 'accessIPv6', 'addresses', 'adminPass', 'created'],
  ...['flavor', 'hostId', 'id', 'image', 'links', 'metadata', 'name', 'progress', 'status'],
  ...['tenant_id', 'updated', 'user_id'],
];

/** New disks for servers. */
export const serverRebuildCases: Case[] = [
  {
    name: 'a server is rebuilt, and keeps its addresses',
    run: async (cloud) => {
      const id = await bootServer(cloud, { metadata: { a: 'b' } });
      const addresses = (await cloud.compute.get(`/servers/${id}`)).at('server.addresses');
      const answer = (await rebuild(cloud, id)).is(202);
      assert.equal(answer.at('server.id'), id);
      assert.equal(answer.at('server.status'), 'REBUILD');
      assert.equal(answer.at('server.progress'), 0);
      assert.match(answer.string('server.adminPass'), /^[0-9A-Za-z]{12}$/);
      assert.match(answer.header('location') ?? '', new RegExp(`/servers/${id}$`));
      assert.deepEqual(answer.keys('server'), oldest);
      const shown = await awaitStatus(cloud, id, 'ACTIVE');
      assert.equal(shown.at('server.OS-EXT-STS:power_state'), 1);
      assert.deepEqual(shown.at('server.addresses'), addresses);
      assert.deepEqual(shown.at('server.metadata'), { a: 'b' });
      assert.deepEqual(await toldActions(cloud, id), ['rebuild', 'create']);
    },
  },
  {
    name: 'a server that is off is off after a rebuild',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      await actUntil(cloud, id, { 'os-stop': null }, shutOff);
      const action = { rebuild: { imageRef: await imageId(cloud) } };
      await actUntil(cloud, id, action, shutOff);
      await actUntil(cloud, id, { 'os-start': null }, active);
    },
  },
  {
    name: 'a rebuild may change what a server is called, says and has',
    run: async (cloud) => {
      const id = await bootServer(cloud, { metadata: { a: 'b' }, accessIPv6: '2001:db8::1' });
      const answer = await rebuild(cloud, id, {
        name: 'rebuilt',
        adminPass: 'open sesame',
        metadata: { c: 'd' },
        accessIPv4: '192.0.2.7',
        'OS-DCF:diskConfig': 'AUTO',
        preserve_ephemeral: false,
        personality: [{ path: '/etc/motd', contents: 'aGVsbG8=' }],
      });
      answer.is(202);
      assert.equal(answer.at('server.adminPass'), 'open sesame');
      const shown = await awaitStatus(cloud, id, 'ACTIVE');
      assert.equal(shown.at('server.name'), 'rebuilt');
      assert.deepEqual(shown.at('server.metadata'), { c: 'd' });
      assert.equal(shown.at('server.accessIPv4'), '192.0.2.7');
      assert.equal(shown.at('server.accessIPv6'), '2001:db8::1');
      assert.equal(shown.at('server.OS-DCF:diskConfig'), 'AUTO');
      (await rebuild(cloud, id)).is(202);
      const again = await awaitStatus(cloud, id, 'ACTIVE');
      assert.equal(again.at('server.OS-DCF:diskConfig'), 'MANUAL');
      assert.equal(again.at('server.name'), 'rebuilt');
    },
  },
  {
    name: 'newer rebuilds change more, and their answers show more',
    run: async (cloud) => {
      const id = await bootServer(cloud, { user_data: 'b25l' });
      const key = cloud.name('key');
      (await importKey(cloud, { name: key, public_key: publicKey() })).is(200);
      const rebuilt = async (minor: number, fields: Fields): Promise<Answer> => {
        const answer = (await rebuild(cloud, id, fields, minor)).is(202);
        await awaitStatus(cloud, id, 'ACTIVE');
        return answer;
      };
      const described = await rebuilt(19, { description: 'two' });
      assert.equal(described.at('server.description'), 'two');
      const keyed = await rebuilt(54, { key_name: key });
      assert.equal(keyed.at('server.key_name'), key);
      assert.ok(!keyed.keys('server').includes('user_data'));
      const kept = await rebuilt(57, {});
      assert.equal(kept.at('server.user_data'), 'b25l');
      assert.equal(kept.at('server.key_name'), key);
      const told = await rebuilt(57, { user_data: 'dHdv' });
      assert.equal(told.at('server.user_data'), 'dHdv');
      assert.deepEqual(
        told.keys('server'),
        [...oldest, 'description', 'key_name', 'locked', 'tags', 'user_data'].sort(),
      );
      const bare = await rebuilt(63, { user_data: null, key_name: null });
      assert.equal(bare.at('server.user_data'), null);
      assert.equal(bare.at('server.key_name'), null);
      assert.equal(bare.at('server.trusted_image_certificates'), null);
      const named = await rebuilt(90, { hostname: 'other-host' });
      assert.equal(named.at('server.OS-EXT-SRV-ATTR:hostname'), 'other-host');
      const newest = await rebuilt(93, {});
      assert.equal(newest.at('server.OS-EXT-STS:task_state'), 'rebuilding');
      const shown = (await cloud.compute.get(`/servers/${id}`, microversion(93))).is(200);
      assert.deepEqual(
        newest.keys('server'),
        [...shown.keys('server'), 'adminPass', 'user_data'].sort(),
      );
    },
  },
  {
    name: 'a rebuild takes what there is, in its own time',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const refused = async (
        minor: number,
        fields: Fields,
        message: string | RegExp,
        code = 400,
      ): Promise<void> => {
        const kind = code === 400 ? 'badRequest' : 'forbidden';
        (await rebuild(cloud, id, fields, minor)).nova(code, kind, message);
      };
      const image = '9d1a57a4-3ba5-4a4c-a2f5-2b0a6c6bd1cd';
      await refused(1, { imageRef: image }, 'Cannot find image for rebuild');
      await refused(
        1,
        { imageRef: 'debian' },
        "Invalid input for field/attribute imageRef. Value: debian. 'debian' is not a 'uuid'",
      );
      await refused(1, { imageRef: undefined }, /'imageRef' is a required property$/);
      await refused(54, { key_name: 'nobody-has-it' }, 'Invalid key_name provided.');
      await refused(1, { name: ' ' }, /^An invalid 'name' value was provided\./);
      await refused(1, { accessIPv4: 'here' }, /'here' is not a 'ipv4'$/);
      for (const [minor, field, value] of [
        [18, 'description', 'x'],
        [53, 'key_name', 'x'],
        [56, 'user_data', 'b25l'],
        [57, 'personality', []],
        [62, 'trusted_image_certificates', null],
        [89, 'hostname', 'host'],
      ] as const) {
        const message = new RegExp(`'${field}' was unexpected\\)$`);
        await refused(minor, { [field]: value }, message);
      }
      await refused(57, { user_data: 'abcde' }, /is not valid under any of the given schemas$/);
      const many = Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, 'v']));
      await refused(1, { metadata: many }, 'Maximum number of metadata items exceeds 128', 403);
      const files = Array.from({ length: 6 }, (_, i) => ({ path: `/f${i}`, contents: '' }));
      await refused(1, { personality: files }, 'Personality file limit exceeded', 403);
      assert.deepEqual(await toldActions(cloud, id), ['create']);
    },
  },
];
