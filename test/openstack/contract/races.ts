import assert from 'node:assert/strict';
import { createServer, sharedNetwork } from './booted.js';
import type { Case, Cloud } from './cloud.js';
import { importKey, publicKey } from './key-pairs.js';
import { createPort, makePort, makeSubnet } from './networked.js';
import { makeContainer, md5 } from './stored.js';

/** The statuses of these servers, once none of them builds. */
export async function settledStatuses(cloud: Cloud, ids: string[]): Promise<string[]> {
  return cloud.eventually(async () => {
    const answers = await Promise.all(ids.map((id) => cloud.compute.get(`/servers/${id}`)));
    const statuses = answers.map((answer) => answer.is(200).string('server.status'));
    assert.ok(!statuses.includes('BUILD'));
    return statuses;
  });
}

/** What is asked for twice at the same moment. */
export const raceCases: Case[] = [
  {
    name: 'of two servers on one port, one lives',
    run: async (cloud) => {
      const port = await makePort(cloud, await sharedNetwork(cloud));
      const answers = await Promise.all(
        [1, 2].map(() => createServer(cloud, { networks: [{ port }] })),
      );
      for (const answer of answers) answer.is(202, 409);
      const accepted = answers.filter((answer) => answer.status === 202);
      const statuses = await settledStatuses(
        cloud,
        accepted.map((answer) => answer.string('server.id')),
      );
      assert.equal(statuses.filter((status) => status === 'ACTIVE').length, 1);
    },
  },
  {
    name: 'of two keys of one name, one is imported',
    run: async (cloud) => {
      const name = cloud.name('key');
      const answers = await Promise.all(
        [1, 2].map(() => importKey(cloud, { name, public_key: publicKey() })),
      );
      assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409]);
    },
  },
  {
    name: 'of two ports with one address, one is made',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      const fixed_ips = [{ ip_address: '10.9.0.7' }];
      const answers = await Promise.all(
        [1, 2].map(() => createPort(cloud, { network_id: network, fixed_ips })),
      );
      assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409]);
    },
  },
  {
    name: 'of two contents of one object, one is there, whole',
    run: async (cloud) => {
      const path = `${await makeContainer(cloud)}/object`;
      const bodies = ['a', 'b'].map((letter) => letter.repeat(300_000));
      const answers = await Promise.all(
        bodies.map((body) => cloud.storage.send('PUT', path, { body })),
      );
      // Swift keeps the later one, and accepts that an earlier one comes after it.
      for (const answer of answers) answer.is(201, 202);
      const { text, headers } = (await cloud.storage.get(path)).is(200);
      assert.ok(bodies.includes(text));
      assert.equal(headers.get('etag'), md5(text));
    },
  },
];
