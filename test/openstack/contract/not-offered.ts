import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Case, Cloud } from './cloud.js';
import { sharedNetwork } from './booted.js';

/** What each kind's create must give. */
async function wishes(cloud: Cloud): Promise<Record<string, Record<string, unknown>>> {
  const external = await cloud.network.get('/networks?router:external=true');
  return {
    router: { name: cloud.name('router') },
    floatingip: { floating_network_id: external.is(200).string('networks.0.id') },
    subnetpool: { name: cloud.name('pool'), prefixes: ['10.0.0.0/8'] },
  };
}

/** What both clouds know and give this project none of; and a service that both lack. */
export const notOfferedCases: Case[] = [
  {
    name: 'no router, floating IP or subnet pool is there, or is made',
    run: async (cloud) => {
      for (const [kind, wish] of Object.entries(await wishes(cloud))) {
        (await cloud.network.get(`/${kind}s`)).says(200, { [`${kind}s`]: [] });
        (await cloud.network.post(`/${kind}s`, { [kind]: wish })).neutron(
          409,
          'OverQuota',
          `Quota exceeded for resources: ['${kind}'].`,
        );
        (await cloud.network.get(`/${kind}s/${randomUUID()}`)).is(404);
      }
      const quota = (await cloud.network.get(`/quotas/${cloud.projectId}`)).is(200);
      for (const kind of ['router', 'floatingip', 'subnetpool']) {
        assert.equal(quota.number(`quota.${kind}`), 0, kind);
      }
    },
  },
  {
    name: 'a floating IP needs a network, a subnet pool its ranges',
    run: async (cloud) => {
      const required = (attribute: string): string =>
        `Failed to parse request. Required attribute '${attribute}' not specified`;
      (await cloud.network.post('/floatingips', { floatingip: {} })).neutron(
        400,
        'HTTPBadRequest',
        required('floating_network_id'),
      );
      (await cloud.network.post('/subnetpools', { subnetpool: { name: 'pool' } })).neutron(
        400,
        'HTTPBadRequest',
        required('prefixes'),
      );
    },
  },
  {
    name: 'there are no volumes: no service, and no server from one',
    run: async (cloud) => {
      const types = cloud.login.each('token.catalog', 'type');
      assert.ok(!types.some((type) => ['volume', 'volumev2', 'volumev3'].includes(String(type))));
      const id = randomUUID();
      const server = {
        name: cloud.name('server'),
        flavorRef: '2',
        networks: [{ uuid: await sharedNetwork(cloud) }],
        block_device_mapping_v2: [
          { boot_index: 0, uuid: id, source_type: 'volume', destination_type: 'volume' },
        ],
      };
      (await cloud.compute.post('/servers', { server })).is(400, 500);
    },
  },
];
