import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer, microversion } from './booted.js';
import type { Case } from './cloud.js';

/** So many bytes, in base64. */
export const base64 = (bytes: number): string => Buffer.alloc(bytes, 'x').toString('base64');

/** What no server is made of. */
export const serverRefusalCases: Case[] = [
  {
    name: 'an unknown image is a bad request',
    run: async (cloud) => {
      const imageRef = randomUUID();
      (await createServer(cloud, { imageRef })).nova(
        400,
        'badRequest',
        'Can not find requested image',
      );
      (await createServer(cloud, { imageRef: 'Debian 12' })).nova(
        400,
        'badRequest',
        "Invalid input for field/attribute imageRef. Value: Debian 12. 'Debian 12' is not valid " +
          'under any of the given schemas',
      );
    },
  },
  {
    name: 'a server needs an image',
    run: async (cloud) => {
      (await createServer(cloud, { imageRef: undefined })).nova(
        400,
        'badRequest',
        'Missing imageRef attribute',
      );
      (await createServer(cloud, { imageRef: '' })).is(400);
    },
  },
  {
    name: 'an unknown flavor is a bad request',
    run: async (cloud) => {
      (await createServer(cloud, { flavorRef: 'no-such-flavor' })).nova(
        400,
        'badRequest',
        'Flavor no-such-flavor could not be found.',
      );
      (await createServer(cloud, { flavorRef: undefined })).nova(
        400,
        'badRequest',
        /^Invalid input for field\/attribute server\. Value: .* 'flavorRef' is a required property$/s,
      );
    },
  },
  {
    name: 'an unknown network is a bad request',
    run: async (cloud) => {
      const uuid = randomUUID();
      (await createServer(cloud, { networks: [{ uuid }] })).nova(
        400,
        'badRequest',
        `Network ${uuid} could not be found.`,
      );
      (await createServer(cloud, { networks: [{ uuid: 'net' }] })).nova(
        400,
        'badRequest',
        'Bad networks format: network uuid is not in proper format (net)',
      );
    },
  },
  {
    name: 'an unknown key pair is a bad request',
    run: async (cloud) => {
      (await createServer(cloud, { key_name: 'no-such-key' })).nova(
        400,
        'badRequest',
        'Invalid key_name provided.',
      );
    },
  },
  {
    name: 'an unknown security group is a bad request',
    run: async (cloud) => {
      (await createServer(cloud, { security_groups: [{ name: 'no-such-group' }] })).nova(
        400,
        'badRequest',
        "Unable to find security_group with name or id 'no-such-group'",
      );
    },
  },
  {
    name: 'an unknown availability zone is a bad request',
    run: async (cloud) => {
      (await createServer(cloud, { availability_zone: 'nowhere' })).nova(
        400,
        'badRequest',
        'The requested availability zone is not available',
      );
    },
  },
  {
    name: 'a name is needed, and has from 1 to 255 printable letters',
    run: async (cloud) => {
      (await createServer(cloud, { name: undefined })).nova(
        400,
        'badRequest',
        /'name' is a required property$/,
      );
      (await createServer(cloud, { name: '' })).nova(
        400,
        'badRequest',
        /^Invalid input for field\/attribute name\. Value: \. '' is too short$/,
      );
      (await createServer(cloud, { name: 'n'.repeat(256) })).nova(
        400,
        'badRequest',
        /is too long$/,
      );
      (await createServer(cloud, { name: ' a' })).nova(
        400,
        'badRequest',
        "An invalid 'name' value was provided. The name must be: printable characters. Can not " +
          'start or end with whitespace.',
      );
    },
  },
  {
    name: 'user data that is no base64 is refused',
    run: async (cloud) => {
      (await createServer(cloud, { user_data: '#cloud-config' })).nova(
        400,
        'badRequest',
        "Invalid input for field/attribute user_data. Value: #cloud-config. '#cloud-config' is not a 'base64'",
      );
    },
  },
  {
    name: 'user data has at most 65535 letters of base64',
    run: async (cloud) => {
      (await createServer(cloud, { user_data: base64(49_152) })).nova(
        400,
        'badRequest',
        /is too long$/,
      );
      (await createServer(cloud, { user_data: base64(49_149) })).is(202);
    },
  },
  {
    name: 'user data is never shown',
    run: async (cloud) => {
      const id = (await createServer(cloud, { user_data: base64(9) })).is(202).string('server.id');
      const keys = (await cloud.compute.get(`/servers/${id}`, microversion(3))).keys('server');
      assert.ok(!keys.includes('user_data'));
    },
  },
  {
    name: 'metadata has at most 128 pairs',
    run: async (cloud) => {
      const pairs = (n: number) =>
        Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 'v']));
      (await createServer(cloud, { metadata: pairs(129) })).nova(
        403,
        'forbidden',
        'Maximum number of metadata items exceeds 128',
      );
      (await createServer(cloud, { metadata: pairs(128) })).is(202);
    },
  },
  {
    name: 'a name or value of metadata has at most 255 letters, and is text',
    run: async (cloud) => {
      const create = (metadata: unknown) => createServer(cloud, { metadata });
      (await create({ k: 'v'.repeat(256) })).nova(400, 'badRequest', /is too long$/);
      (await create({ ['k'.repeat(256)]: 'v' })).nova(
        400,
        'badRequest',
        /does not match any of the regexes/,
      );
      (await create({ k: 1 })).nova(
        400,
        'badRequest',
        "Invalid input for field/attribute k. Value: 1. 1 is not of type 'string'",
      );
      (await create({ k: 'v'.repeat(255) })).is(202);
    },
  },
  {
    name: 'an unknown attribute is refused',
    run: async (cloud) => {
      (await createServer(cloud, { color: 'red' })).nova(
        400,
        'badRequest',
        /Additional properties are not allowed \('color' was unexpected\)$/s,
      );
    },
  },
  {
    name: 'a body without the server, or that is no JSON, is refused',
    run: async (cloud) => {
      (await cloud.compute.post('/servers', {})).nova(
        400,
        'badRequest',
        "'server' is a required property",
      );
      const headers = { 'content-type': 'application/json' };
      (await cloud.compute.send('POST', '/servers', { body: '{', headers })).nova(
        400,
        'badRequest',
        'Malformed request body',
      );
    },
  },
  {
    name: 'a count is a whole number, and the least is not more than the most',
    run: async (cloud) => {
      (await createServer(cloud, { min_count: 3, max_count: 2 })).nova(
        400,
        'badRequest',
        'min_count must be <= max_count',
      );
      (await createServer(cloud, { max_count: 0 })).is(400);
      (await createServer(cloud, { max_count: 'two' })).is(400);
    },
  },
];
