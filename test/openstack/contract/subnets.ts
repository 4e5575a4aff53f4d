import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Case } from './cloud.js';
import { createSubnet, makeNetwork, makePort, makeSubnet } from './networked.js';

/** Subnets. */
export const subnetCases: Case[] = [
  {
    name: 'a new subnet has a gateway and a pool of addresses',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      const answer = (await createSubnet(cloud, { network_id, cidr: '10.9.0.0/24' })).is(201);
      assert.equal(answer.at('subnet.network_id'), network_id);
      assert.equal(answer.at('subnet.cidr'), '10.9.0.0/24');
      assert.equal(answer.at('subnet.gateway_ip'), '10.9.0.1');
      assert.equal(answer.at('subnet.enable_dhcp'), true);
      assert.deepEqual(answer.at('subnet.allocation_pools'), [
        { start: '10.9.0.2', end: '10.9.0.254' },
      ]);
      assert.deepEqual(answer.at('subnet.dns_nameservers'), []);
      assert.deepEqual(answer.at('subnet.host_routes'), []);
      assert.equal(answer.at('subnet.project_id'), cloud.projectId);
      assert.equal(answer.at('subnet.ip_version'), 4);
    },
  },
  {
    name: 'without a gateway the pool has its address too',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      const answer = (await createSubnet(cloud, { network_id, gateway_ip: null })).is(201);
      assert.equal(answer.at('subnet.gateway_ip'), null);
      assert.equal(answer.at('subnet.allocation_pools.0.start'), '10.9.0.1');
    },
  },
  {
    name: 'a gateway in the middle splits the pool',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      const answer = (await createSubnet(cloud, { network_id, gateway_ip: '10.9.0.100' })).is(201);
      assert.deepEqual(
        [...(answer.at('subnet.allocation_pools') as { start: string }[])].sort((a, b) =>
          a.start.localeCompare(b.start),
        ),
        [
          { start: '10.9.0.1', end: '10.9.0.99' },
          { start: '10.9.0.101', end: '10.9.0.254' },
        ],
      );
    },
  },
  {
    name: 'name servers, routes and pools are kept as given',
    run: async (cloud) => {
      const fields = {
        dns_nameservers: ['192.0.2.53', '192.0.2.54'],
        host_routes: [{ destination: '10.240.0.0/16', nexthop: '10.9.0.9' }],
        allocation_pools: [{ start: '10.9.0.10', end: '10.9.0.20' }],
        enable_dhcp: false,
      };
      const answer = (
        await createSubnet(cloud, { network_id: await makeNetwork(cloud), ...fields })
      ).is(201);
      for (const [name, value] of Object.entries(fields)) {
        assert.deepEqual(answer.at(`subnet.${name}`), value);
      }
    },
  },
  {
    name: 'bits beyond the prefix are cut off',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      const answer = (await createSubnet(cloud, { network_id, cidr: '10.9.3.7/22' })).is(201);
      assert.equal(answer.at('subnet.cidr'), '10.9.0.0/22');
      assert.deepEqual(answer.at('subnet.allocation_pools'), [
        { start: '10.9.0.2', end: '10.9.3.254' },
      ]);
    },
  },
  {
    name: 'two subnets of one network do not overlap',
    run: async (cloud) => {
      const { network, subnet } = await makeSubnet(cloud, { cidr: '10.9.0.0/24' });
      (await createSubnet(cloud, { network_id: network, cidr: '10.9.0.128/25' })).neutron(
        400,
        'InvalidInput',
        'Invalid input for operation: Requested subnet with cidr: 10.9.0.128/25 for network: ' +
          `${network} overlaps with another subnet.`,
      );
      assert.ok(subnet);
      (await createSubnet(cloud, { network_id: network, cidr: '10.9.1.0/24' })).is(201);
    },
  },
  {
    name: 'subnets of different networks may have one range',
    run: async (cloud) => {
      await makeSubnet(cloud, { cidr: '10.9.0.0/24' });
      await makeSubnet(cloud, { cidr: '10.9.0.0/24' });
    },
  },
  {
    name: 'a range that is none is refused',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      (await createSubnet(cloud, { network_id, cidr: 'ten' })).neutron(
        400,
        'InvalidInput',
        'Invalid input for operation: ten is not in a CIDR format.',
      );
      (await createSubnet(cloud, { network_id, cidr: '10.9.0.0/33' })).is(400);
      (await createSubnet(cloud, { network_id, cidr: undefined })).is(400);
    },
  },
  {
    name: 'the IP version is told, and fits the range',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      (await createSubnet(cloud, { network_id, ip_version: undefined })).neutron(
        400,
        'HTTPBadRequest',
        "Failed to parse request. Required attribute 'ip_version' not specified",
      );
      (await createSubnet(cloud, { network_id, ip_version: 5 })).neutron(
        400,
        'HTTPBadRequest',
        'Invalid input for ip_version. Reason: 5 is not in valid_values.',
      );
      (await createSubnet(cloud, { network_id, ip_version: 6 })).is(400);
    },
  },
  {
    name: 'a gateway outside the range, or at its ends, is refused',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      (await createSubnet(cloud, { network_id, gateway_ip: '10.9.0.0' })).is(400);
      (await createSubnet(cloud, { network_id, gateway_ip: '10.9.0.255' })).is(400);
      (await createSubnet(cloud, { network_id, gateway_ip: 'gate' })).neutron(
        400,
        'HTTPBadRequest',
        "Invalid input for gateway_ip. Reason: 'gate' is not a valid IP address.",
      );
    },
  },
  {
    name: 'a pool outside the range, or one that overlaps another, is refused',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      const pools = (...allocation_pools: { start: string; end: string }[]) =>
        createSubnet(cloud, { network_id, allocation_pools });
      (await pools({ start: '10.9.1.2', end: '10.9.1.9' })).neutron(
        400,
        'OutOfBoundsAllocationPool',
        /^The allocation pool .* spans beyond the subnet cidr 10\.9\.0\.0\/24\.$/,
      );
      (
        await pools({ start: '10.9.0.2', end: '10.9.0.9' }, { start: '10.9.0.5', end: '10.9.0.12' })
      ).neutron(409, 'OverlappingAllocationPools', /^Found overlapping allocation pools: /);
      (await pools({ start: '10.9.0.9', end: '10.9.0.2' })).neutron(
        400,
        'InvalidAllocationPool',
        "The allocation pool {'start': '10.9.0.9', 'end': '10.9.0.2'} is not valid.",
      );
      (await pools({ start: '10.9.0.1', end: '10.9.0.9' })).neutron(
        409,
        'GatewayConflictWithAllocationPools',
        'Gateway ip 10.9.0.1 conflicts with allocation pool 10.9.0.1-10.9.0.9.',
      );
    },
  },
  {
    name: 'a name server that is no address is refused',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      (await createSubnet(cloud, { network_id, dns_nameservers: ['dns'] })).neutron(
        400,
        'HTTPBadRequest',
        "Invalid input for dns_nameservers. Reason: 'dns' is not a valid nameserver. 'dns' is not a valid IP address.",
      );
    },
  },
  {
    name: 'a subnet needs a network that is there',
    run: async (cloud) => {
      const network_id = randomUUID();
      (await createSubnet(cloud, { network_id })).neutron(
        404,
        'NetworkNotFound',
        `Network ${network_id} could not be found.`,
      );
      (await createSubnet(cloud, { network_id: 'none' })).neutron(
        400,
        'HTTPBadRequest',
        "Invalid input for network_id. Reason: 'none' is not a valid UUID.",
      );
      (await createSubnet(cloud, {})).neutron(
        400,
        'HTTPBadRequest',
        "Failed to parse request. Required attribute 'network_id' not specified",
      );
    },
  },
  {
    name: 'a subnet may have IP version 6',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      const answer = (
        await createSubnet(cloud, { network_id, cidr: 'fd00:9::/64', ip_version: 6 })
      ).is(201);
      assert.equal(answer.at('subnet.gateway_ip'), 'fd00:9::');
      assert.deepEqual(answer.at('subnet.allocation_pools'), [
        { start: 'fd00:9::1', end: 'fd00:9::ffff:ffff:ffff:ffff' },
      ]);
    },
  },
  {
    name: 'subnets are found by their network and by their range',
    run: async (cloud) => {
      const { network, subnet } = await makeSubnet(cloud, { cidr: '10.9.0.0/24' });
      const found = async (query: string): Promise<unknown[]> =>
        (await cloud.network.get(`/subnets?network_id=${network}&${query}`)).each('subnets', 'id');
      assert.deepEqual(await found(''), [subnet]);
      assert.deepEqual(await found('cidr=10.9.0.0/24'), [subnet]);
      assert.deepEqual(await found('cidr=10.8.0.0/24'), []);
      assert.deepEqual(await found('ip_version=6'), []);
    },
  },
  {
    name: 'a subnet is renamed, and its range stays',
    run: async (cloud) => {
      const { subnet } = await makeSubnet(cloud);
      const put = (fields: unknown) => cloud.network.put(`/subnets/${subnet}`, { subnet: fields });
      assert.equal((await put({ name: 'renamed' })).is(200).at('subnet.name'), 'renamed');
      (await put({ cidr: '10.8.0.0/24' })).neutron(
        400,
        'HTTPBadRequest',
        'Cannot update read-only attribute cidr',
      );
    },
  },
  {
    name: 'a subnet with an address in use stays',
    run: async (cloud) => {
      const { network, subnet } = await makeSubnet(cloud);
      await makePort(cloud, network);
      (await cloud.network.delete(`/subnets/${subnet}`)).neutron(
        409,
        'SubnetInUse',
        `Unable to complete operation on subnet ${subnet}: One or more ports have an IP ` +
          'allocation from this subnet.',
      );
    },
  },
  {
    name: 'a subnet is deleted once',
    run: async (cloud) => {
      const { subnet } = await makeSubnet(cloud);
      (await cloud.network.delete(`/subnets/${subnet}`)).is(204);
      (await cloud.network.delete(`/subnets/${subnet}`)).neutron(
        404,
        'SubnetNotFound',
        `Subnet ${subnet} could not be found.`,
      );
    },
  },
];
