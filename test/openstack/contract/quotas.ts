import assert from 'node:assert/strict';
import { act } from './acted.js';
import { awaitStatus, bootServer, createServer, sharedNetwork } from './booted.js';
import type { Case, Cloud } from './cloud.js';
import { importKey, publicKey } from './key-pairs.js';
import { createPort, makeNetwork, makePort, makeSubnet } from './networked.js';
import { settledStatuses } from './races.js';
import { usualQuota } from './target.js';
import type { Quota } from './target.js';

/** Limits the project for one case. */
async function limit(cloud: Cloud, quota: Partial<Quota>): Promise<void> {
  const usual = Object.keys(quota).map((name) => [name, usualQuota[name as keyof Quota]]);
  cloud.undo(() => cloud.target.setQuota(Object.fromEntries(usual) as Partial<Quota>));
  await cloud.target.setQuota(quota);
}

async function used(cloud: Cloud, name: string): Promise<number> {
  return (await cloud.compute.get('/limits')).is(200).number(`limits.absolute.${name}`);
}

/** What happens when the project may have no more. These change the project, so they run one by one. */
export const quotaCases: Case[] = [
  {
    name: 'no more servers than the quota says',
    run: async (cloud) => {
      const now = await used(cloud, 'totalInstancesUsed');
      await limit(cloud, { instances: now + 1 });
      await bootServer(cloud);
      (await createServer(cloud)).nova(
        403,
        'forbidden',
        `Quota exceeded for instances: Requested 1, but already used ${now + 1} of ${now + 1} instances`,
      );
    },
  },
  {
    name: 'no more cores, and no more memory, than the quota says',
    run: async (cloud) => {
      const cores = await used(cloud, 'totalCoresUsed');
      await limit(cloud, { cores: cores + 1 });
      (await createServer(cloud, { flavorRef: '3' })).nova(
        403,
        'forbidden',
        `Quota exceeded for cores: Requested 2, but already used ${cores} of ${cores + 1} cores`,
      );
      const ram = await used(cloud, 'totalRAMUsed');
      await limit(cloud, { cores: usualQuota.cores, ram: ram + 1000 });
      (await createServer(cloud)).nova(
        403,
        'forbidden',
        `Quota exceeded for ram: Requested 2048, but already used ${ram} of ${ram + 1000} ram`,
      );
    },
  },
  {
    name: 'several servers at once are within the quota, or as many as fit',
    run: async (cloud) => {
      const now = await used(cloud, 'totalInstancesUsed');
      await limit(cloud, { instances: now + 2 });
      const name = cloud.name('server');
      (await createServer(cloud, { name, min_count: 3, max_count: 3 })).nova(
        403,
        'forbidden',
        `Quota exceeded for instances: Requested 3, but already used ${now} of ${now + 2} instances`,
      );
      assert.deepEqual((await cloud.compute.get(`/servers?name=${name}`)).at('servers'), []);
    },
  },
  {
    name: 'servers asked for at the same moment do not live beyond the quota',
    run: async (cloud) => {
      const now = await used(cloud, 'totalInstancesUsed');
      await sharedNetwork(cloud);
      await limit(cloud, { instances: now + 2 });
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => createServer(cloud)));
      const accepted = answers.filter((answer) => answer.is(202, 403).status === 202);
      const statuses = await settledStatuses(
        cloud,
        accepted.map((answer) => answer.string('server.id')),
      );
      const living = statuses.filter((status) => status === 'ACTIVE').length;
      assert.ok(living <= 2, `${living} live`);
    },
  },
  {
    name: 'a deleted server makes room',
    run: async (cloud) => {
      const now = await used(cloud, 'totalInstancesUsed');
      await limit(cloud, { instances: now + 1 });
      const id = await bootServer(cloud);
      (await createServer(cloud)).is(403);
      (await cloud.compute.delete(`/servers/${id}`)).is(204);
      await cloud.eventually(async () => {
        assert.equal(await used(cloud, 'totalInstancesUsed'), now);
      });
      (await createServer(cloud)).is(202);
    },
  },
  {
    name: 'no larger servers than the quota says',
    run: async (cloud) => {
      const id = await bootServer(cloud);
      const [cores, ram] = [await used(cloud, 'totalCoresUsed'), await used(cloud, 'totalRAMUsed')];
      await limit(cloud, { cores, ram });
      (await act(cloud, id, { resize: { flavorRef: '3' } })).nova(
        403,
        'forbidden',
        `Quota exceeded for cores, ram: Requested 1, 2048, but already used ${cores}, ${ram} ` +
          `of ${cores}, ${ram} cores, ram`,
      );
      await limit(cloud, { cores: cores + 1, ram: ram + 2048 });
      (await act(cloud, id, { resize: { flavorRef: '3' } })).is(202);
      await awaitStatus(cloud, id, 'VERIFY_RESIZE');
      assert.equal(await used(cloud, 'totalCoresUsed'), cores + 1);
      assert.equal(await used(cloud, 'totalRAMUsed'), ram + 2048);
      (await act(cloud, id, { revertResize: null })).is(202);
      await awaitStatus(cloud, id, 'ACTIVE');
      assert.equal(await used(cloud, 'totalCoresUsed'), cores);
    },
  },
  {
    name: 'a smaller flavor is not taken back when the quota has shrunk meanwhile',
    run: async (cloud) => {
      const flavors = (await cloud.compute.get('/flavors')).is(200).list('flavors');
      const four = flavors.find((flavor) => flavor.at('name') === 'performance1-4');
      const id = await bootServer(cloud, { flavorRef: four?.at('id') });
      (await act(cloud, id, { resize: { flavorRef: '3' } })).is(202);
      await awaitStatus(cloud, id, 'VERIFY_RESIZE');
      await limit(cloud, { cores: await used(cloud, 'totalCoresUsed') });
      (await act(cloud, id, { revertResize: null })).nova(
        500,
        'computeFault',
        /<class 'nova\.exception\.TooManyInstances'>$/,
      );
    },
  },
  {
    name: 'no more key pairs than the quota says',
    run: async (cloud) => {
      const list = (await cloud.compute.get('/os-keypairs')).is(200).list('keypairs');
      await limit(cloud, { key_pairs: list.length });
      (await importKey(cloud, { name: cloud.name('key'), public_key: publicKey() })).nova(
        403,
        'forbidden',
        'Quota exceeded, too many key pairs.',
      );
    },
  },
  {
    name: 'no more server groups than the quota says, and no more servers in one',
    run: async (cloud) => {
      const list = (await cloud.compute.get('/os-server-groups')).is(200).list('server_groups');
      await limit(cloud, { server_groups: list.length + 1, server_group_members: 1 });
      const server_group = { name: cloud.name('group'), policies: ['affinity'] };
      const made = (await cloud.compute.post('/os-server-groups', { server_group })).is(200);
      const group = made.string('server_group.id');
      cloud.undo(() => cloud.compute.delete(`/os-server-groups/${group}`));
      (await cloud.compute.post('/os-server-groups', { server_group })).nova(
        403,
        'forbidden',
        'Quota exceeded, too many server groups.',
      );
      const hints = { 'os:scheduler_hints': { group } };
      await bootServer(cloud, {}, {}, hints);
      (await createServer(cloud, {}, {}, hints)).nova(
        403,
        'forbidden',
        'Quota exceeded, too many servers in group',
      );
    },
  },
  {
    name: 'no more networks than the quota says',
    run: async (cloud) => {
      const list = await cloud.network.get(`/networks?project_id=${cloud.projectId}`);
      const now = list.is(200).list('networks').length;
      await limit(cloud, { network: now + 1 });
      await makeNetwork(cloud);
      const network = { name: cloud.name('net') };
      (await cloud.network.post('/networks', { network })).neutron(
        409,
        'OverQuota',
        "Quota exceeded for resources: ['network'].",
      );
    },
  },
  {
    name: 'no more subnets than the quota says',
    run: async (cloud) => {
      const list = await cloud.network.get(`/subnets?project_id=${cloud.projectId}`);
      const network_id = await makeNetwork(cloud);
      await limit(cloud, { subnet: list.is(200).list('subnets').length });
      const subnet = { network_id, ip_version: 4, cidr: '10.9.0.0/24' };
      (await cloud.network.post('/subnets', { subnet })).neutron(
        409,
        'OverQuota',
        "Quota exceeded for resources: ['subnet'].",
      );
    },
  },
  {
    name: 'no more ports than the quota says, and no server without one',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      const list = await cloud.network.get(`/ports?project_id=${cloud.projectId}`);
      await limit(cloud, { port: list.is(200).list('ports').length + 1 });
      await makePort(cloud, network);
      (await createPort(cloud, { network_id: network })).neutron(
        409,
        'OverQuota',
        "Quota exceeded for resources: ['port'].",
      );
      (await createServer(cloud, { networks: [{ uuid: network }] })).nova(
        403,
        'forbidden',
        'Maximum number of ports exceeded',
      );
    },
  },
];
