import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Answer } from './answer.js';
import type { Case } from './cloud.js';
import { createPort, makeNetwork, makePort, makeSubnet } from './networked.js';

const address = (answer: Answer): unknown => answer.at('port.fixed_ips.0.ip_address');

/** Ports and security groups. */
export const portCases: Case[] = [
  {
    name: 'a new port has an address, a MAC and the default security group',
    run: async (cloud) => {
      const { network, subnet } = await makeSubnet(cloud);
      const answer = (await createPort(cloud, { network_id: network })).is(201);
      assert.equal(answer.at('port.network_id'), network);
      assert.equal(answer.at('port.status'), 'DOWN');
      assert.equal(answer.at('port.device_id'), '');
      assert.equal(answer.at('port.device_owner'), '');
      assert.equal(answer.at('port.fixed_ips.0.subnet_id'), subnet);
      assert.match(answer.string('port.fixed_ips.0.ip_address'), /^10\.9\.0\.\d+$/);
      assert.match(answer.string('port.mac_address'), /^fa:16:3e(:[0-9a-f]{2}){3}$/);
      assert.equal(answer.at('port.port_security_enabled'), true);
      const groups = await cloud.network.get('/security-groups?name=default');
      assert.deepEqual(answer.at('port.security_groups'), [groups.at('security_groups.0.id')]);
      assert.deepEqual(answer.at('port.allowed_address_pairs'), []);
    },
  },
  {
    name: 'a port may choose its address',
    run: async (cloud) => {
      const { network, subnet } = await makeSubnet(cloud);
      const fixed_ips = [{ subnet_id: subnet, ip_address: '10.9.0.77' }];
      const answer = (await createPort(cloud, { network_id: network, fixed_ips })).is(201);
      assert.deepEqual(answer.at('port.fixed_ips'), fixed_ips);
    },
  },
  {
    name: 'an address is taken once',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      const fixed_ips = [{ ip_address: '10.9.0.77' }];
      await makePort(cloud, network, { fixed_ips });
      (await createPort(cloud, { network_id: network, fixed_ips })).neutron(
        409,
        'IpAddressAlreadyAllocated',
        /^IP address 10\.9\.0\.77 already allocated in subnet /,
      );
    },
  },
  {
    name: 'an address outside the subnet is refused',
    run: async (cloud) => {
      const { network, subnet } = await makeSubnet(cloud);
      const port = (fixed_ip: Record<string, string>) =>
        createPort(cloud, { network_id: network, fixed_ips: [fixed_ip] });
      (await port({ subnet_id: subnet, ip_address: '10.8.0.1' })).neutron(
        400,
        'InvalidIpForSubnet',
        'IP address 10.8.0.1 is not a valid IP for the specified subnet.',
      );
      (await port({ ip_address: '10.8.0.1' })).neutron(
        400,
        'InvalidIpForNetwork',
        'IP address 10.8.0.1 is not a valid IP for any of the subnets on the specified network.',
      );
      (await port({ ip_address: 'ten' })).neutron(
        400,
        'HTTPBadRequest',
        "Invalid input for fixed_ips. Reason: 'ten' is not a valid IP address.",
      );
      (await port({ subnet_id: randomUUID() })).is(400, 404);
    },
  },
  {
    name: 'a port needs a network that is there',
    run: async (cloud) => {
      const network_id = randomUUID();
      (await createPort(cloud, { network_id })).neutron(
        404,
        'NetworkNotFound',
        `Network ${network_id} could not be found.`,
      );
      (await createPort(cloud, {})).neutron(
        400,
        'HTTPBadRequest',
        "Failed to parse request. Required attribute 'network_id' not specified",
      );
    },
  },
  {
    name: 'a subnet runs out of addresses',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud, { cidr: '10.9.0.0/30' });
      await makePort(cloud, network);
      (await createPort(cloud, { network_id: network })).neutron(
        409,
        'IpAddressGenerationFailure',
        `No more IP addresses available on network ${network}.`,
      );
    },
  },
  {
    name: 'a given MAC is kept, and taken once in its network',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      const mac_address = 'fa:16:3e:01:02:03';
      const answer = (await createPort(cloud, { network_id: network, mac_address })).is(201);
      assert.equal(answer.at('port.mac_address'), mac_address);
      (await createPort(cloud, { network_id: network, mac_address })).neutron(
        409,
        'MacAddressInUse',
        `Unable to complete operation for network ${network}. The mac address ${mac_address} is in use.`,
      );
    },
  },
  {
    name: 'ports are found by network, name, device and address',
    run: async (cloud) => {
      const { network, subnet } = await makeSubnet(cloud);
      const [name, device_id] = [cloud.name('port'), cloud.name('device')];
      const fixed_ips = [{ ip_address: '10.9.0.42' }];
      const id = await makePort(cloud, network, { name, device_id, fixed_ips });
      await makePort(cloud, network);
      const found = async (query: string): Promise<unknown[]> =>
        (await cloud.network.get(`/ports?${query}`)).is(200).each('ports', 'id');
      assert.deepEqual(await found(`name=${name}`), [id]);
      assert.deepEqual(await found(`device_id=${device_id}`), [id]);
      assert.deepEqual(await found(`network_id=${network}&name=${name}`), [id]);
      const query = `network_id=${network}&fixed_ips=`;
      assert.deepEqual(await found(`${query}ip_address=10.9.0.42`), [id]);
      assert.equal((await found(`${query}subnet_id=${subnet}`)).length, 2);
      assert.deepEqual(await found(`network_id=${network}&status=ACTIVE`), []);
    },
  },
  {
    name: 'a port’s name, device and description change',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      const id = await makePort(cloud, network);
      const port = { name: 'renamed', device_id: 'thing', description: 'a port' };
      const answer = (await cloud.network.put(`/ports/${id}`, { port })).is(200);
      for (const [name, value] of Object.entries(port)) {
        assert.equal(answer.at(`port.${name}`), value);
      }
    },
  },
  {
    name: 'a port moves to another address',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      const id = await makePort(cloud, network, { fixed_ips: [{ ip_address: '10.9.0.10' }] });
      const port = { fixed_ips: [{ ip_address: '10.9.0.11' }] };
      assert.equal(
        address((await cloud.network.put(`/ports/${id}`, { port })).is(200)),
        '10.9.0.11',
      );
      await makePort(cloud, network, { fixed_ips: [{ ip_address: '10.9.0.10' }] });
    },
  },
  {
    name: 'further addresses may be allowed on a port',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      const pairs = [{ ip_address: '10.240.1.0/24' }];
      const answer = (
        await createPort(cloud, { network_id: network, allowed_address_pairs: pairs })
      ).is(201);
      const mac_address = answer.string('port.mac_address');
      assert.deepEqual(answer.at('port.allowed_address_pairs'), [{ ...pairs[0], mac_address }]);
    },
  },
  {
    name: 'without port security there are no security groups',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      const open = { network_id: network, port_security_enabled: false };
      const groups = await cloud.network.get('/security-groups?name=default');
      const security_groups = [groups.at('security_groups.0.id')];
      (await createPort(cloud, { ...open, security_groups })).is(400);
      assert.deepEqual((await createPort(cloud, open)).is(201).at('port.security_groups'), []);
    },
  },
  {
    name: 'an unknown security group is refused',
    run: async (cloud) => {
      const network_id = await makeNetwork(cloud);
      const id = randomUUID();
      (await createPort(cloud, { network_id, security_groups: [id] })).neutron(
        404,
        'SecurityGroupNotFound',
        `Security group ${id} does not exist`,
      );
    },
  },
  {
    name: 'a port is deleted once',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      const id = await makePort(cloud, network);
      (await cloud.network.delete(`/ports/${id}`)).is(204);
      const message = `Port ${id} could not be found.`;
      (await cloud.network.delete(`/ports/${id}`)).neutron(404, 'PortNotFound', message);
      (await cloud.network.get(`/ports/${id}`)).neutron(404, 'PortNotFound', message);
    },
  },
  {
    name: 'the project has a default security group that lets everything out',
    run: async (cloud) => {
      const answer = (await cloud.network.get('/security-groups?name=default')).is(200);
      assert.deepEqual(answer.each('security_groups', 'project_id'), [cloud.projectId]);
      const rules = answer.list('security_groups.0.security_group_rules');
      const out = rules.filter((rule) => rule.at('direction') === 'egress');
      assert.deepEqual(out.map((rule) => rule.at('ethertype')).sort(), ['IPv4', 'IPv6']);
      (await cloud.network.delete(`/security-groups/${answer.string('security_groups.0.id')}`)).is(
        409,
      );
    },
  },
  {
    name: 'a security group has rules, each of them once',
    run: async (cloud) => {
      const name = cloud.name('group');
      const made = await cloud.network.post('/security-groups', { security_group: { name } });
      const security_group_id = made.is(201).string('security_group.id');
      cloud.undo(() => cloud.network.delete(`/security-groups/${security_group_id}`));
      const security_group_rule = {
        security_group_id,
        direction: 'ingress',
        ethertype: 'IPv4',
        protocol: 'tcp',
        port_range_min: 22,
        port_range_max: 22,
        remote_ip_prefix: '0.0.0.0/0',
      };
      const post = () => cloud.network.post('/security-group-rules', { security_group_rule });
      const rule = (await post()).is(201);
      assert.equal(rule.at('security_group_rule.protocol'), 'tcp');
      (await post()).neutron(
        409,
        'SecurityGroupRuleExists',
        /^Security group rule already exists\. Rule id is /,
      );
      const id = rule.string('security_group_rule.id');
      (await cloud.network.delete(`/security-group-rules/${id}`)).is(204);
      (await cloud.network.delete(`/security-group-rules/${id}`)).is(404);
    },
  },
];
