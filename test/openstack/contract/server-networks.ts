import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { bootServer, createServer, microversion, sharedNetwork } from './booted.js';
import type { Case } from './cloud.js';
import { createSubnet, makeNetwork, makePort, makeSubnet } from './networked.js';

/** How servers are attached to networks and ports. */
export const serverNetworkCases: Case[] = [
  {
    name: 'without a network, and with several to choose from, the choice is the user’s',
    run: async (cloud) => {
      await sharedNetwork(cloud);
      await makeSubnet(cloud);
      (await createServer(cloud, { networks: undefined })).nova(
        409,
        'conflictingRequest',
        'Multiple possible networks found, use a Network ID to be more specific.',
      );
    },
  },
  {
    name: 'from 2.37 on the networks are told, or "auto" or "none"',
    run: async (cloud) => {
      (await createServer(cloud, { networks: undefined }, microversion(37))).nova(
        400,
        'badRequest',
        /'networks' is a required property$/s,
      );
      const id = await bootServer(cloud, { networks: 'none' }, microversion(37));
      const answer = await cloud.compute.get(`/servers/${id}`);
      assert.deepEqual(answer.at('server.addresses'), {});
    },
  },
  {
    name: 'an address asked for is taken of the subnet that holds it',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud, { cidr: '10.81.0.0/24' });
      const second = await createSubnet(cloud, { network_id: network, cidr: '10.82.0.0/24' });
      const networks = [{ uuid: network, fixed_ip: '10.82.0.9' }];
      const id = await bootServer(cloud, { networks });
      const answer = (await cloud.network.get(`/ports?device_id=${id}`)).is(200);
      assert.deepEqual(answer.at('ports.0.fixed_ips'), [
        { subnet_id: second.is(201).at('subnet.id'), ip_address: '10.82.0.9' },
      ]);
    },
  },
  {
    name: 'a server has an address in each of its networks, in their order',
    run: async (cloud) => {
      const first = await sharedNetwork(cloud);
      const { network } = await makeSubnet(cloud, { cidr: '10.77.0.0/24' });
      const id = await bootServer(cloud, { networks: [{ uuid: first }, { uuid: network }] });
      const answer = await cloud.compute.get(`/servers/${id}/ips`);
      const all = answer
        .is(200)
        .keys('addresses')
        .map((name) => answer.string(`addresses.${name}.0.addr`));
      assert.equal(all.length, 2);
      assert.equal(all.filter((address) => address.startsWith('10.77.0.')).length, 1);
      const interfaces = await cloud.compute.get(`/servers/${id}/os-interface`);
      assert.deepEqual(
        interfaces.is(200).each('interfaceAttachments', 'net_id').sort(),
        [first, network].sort(),
      );
    },
  },
  {
    name: 'a server takes the address it is given, if it is free',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud, { cidr: '10.78.0.0/24' });
      const networks = [{ uuid: network, fixed_ip: '10.78.0.50' }];
      const id = await bootServer(cloud, { networks });
      const answer = await cloud.compute.get(`/servers/${id}/os-interface`);
      assert.equal(answer.at('interfaceAttachments.0.fixed_ips.0.ip_address'), '10.78.0.50');
      (await createServer(cloud, { networks })).nova(
        400,
        'badRequest',
        'Fixed IP address 10.78.0.50 is already in use on instance %s.'.replace('%s', id),
      );
      (await createServer(cloud, { networks: [{ uuid: network, fixed_ip: 'ten' }] })).is(400);
    },
  },
  {
    name: 'a network without a subnet has no server',
    run: async (cloud) => {
      const uuid = await makeNetwork(cloud);
      (await createServer(cloud, { networks: [{ uuid }] })).nova(
        400,
        'badRequest',
        `Network ${uuid} requires a subnet in order to boot instances on.`,
      );
    },
  },
  {
    name: 'a server boots on a port made before, and has its address',
    run: async (cloud) => {
      const network = await sharedNetwork(cloud);
      const port = await makePort(cloud, network);
      const made = await cloud.network.get(`/ports/${port}`);
      const id = await bootServer(cloud, { networks: [{ port }] });
      const answer = (await cloud.network.get(`/ports/${port}`)).is(200);
      assert.equal(answer.at('port.device_id'), id);
      assert.match(answer.string('port.device_owner'), /^compute:/);
      assert.equal(answer.at('port.status'), 'ACTIVE');
      const interfaces = await cloud.compute.get(`/servers/${id}/os-interface`);
      assert.equal(
        interfaces.at('interfaceAttachments.0.fixed_ips.0.ip_address'),
        made.at('port.fixed_ips.0.ip_address'),
      );
    },
  },
  {
    name: 'a port has one server',
    run: async (cloud) => {
      const port = await makePort(cloud, await sharedNetwork(cloud));
      await bootServer(cloud, { networks: [{ port }] });
      (await createServer(cloud, { networks: [{ port }] })).nova(
        409,
        'conflictingRequest',
        `Port ${port} is still in use.`,
      );
    },
  },
  {
    name: 'an unknown port is a bad request',
    run: async (cloud) => {
      const port = randomUUID();
      (await createServer(cloud, { networks: [{ port }] })).nova(
        400,
        'badRequest',
        `Port id ${port} could not be found.`,
      );
    },
  },
  {
    name: 'a port made before outlives its server, a port made for the server does not',
    run: async (cloud) => {
      const network = await sharedNetwork(cloud);
      const port = await makePort(cloud, network);
      const id = await bootServer(cloud, { networks: [{ port }, { uuid: network }] });
      const ports = async (): Promise<unknown[]> =>
        (await cloud.network.get(`/ports?device_id=${id}`)).is(200).each('ports', 'id');
      assert.equal((await ports()).length, 2);
      (await cloud.compute.delete(`/servers/${id}`)).is(204);
      await cloud.eventually(async () => assert.deepEqual(await ports(), []));
      await cloud.eventually(async () => {
        const answer = (await cloud.network.get(`/ports/${port}`)).is(200);
        assert.equal(answer.at('port.device_id'), '');
        assert.equal(answer.at('port.device_owner'), '');
      });
    },
  },
  {
    name: 'a network with a server is in use',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      await bootServer(cloud, { networks: [{ uuid: network }] });
      (await cloud.network.delete(`/networks/${network}`)).neutron(409, 'NetworkInUse', /in use/);
    },
  },
];
