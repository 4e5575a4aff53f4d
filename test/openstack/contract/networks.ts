import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Case } from './cloud.js';
import { createNetwork, createPort, makeNetwork, makePort, makeSubnet } from './networked.js';

/** Networks. */
export const networkCases: Case[] = [
  {
    name: 'a new network is active and the project’s own',
    run: async (cloud) => {
      const name = cloud.name('net');
      const answer = (await createNetwork(cloud, { name })).is(201);
      assert.equal(answer.at('network.name'), name);
      assert.equal(answer.at('network.status'), 'ACTIVE');
      assert.equal(answer.at('network.admin_state_up'), true);
      assert.equal(answer.at('network.shared'), false);
      assert.equal(answer.at('network.router:external'), false);
      assert.equal(answer.at('network.project_id'), cloud.projectId);
      assert.equal(answer.at('network.tenant_id'), cloud.projectId);
      assert.equal(answer.at('network.port_security_enabled'), true);
      assert.deepEqual(answer.at('network.subnets'), []);
      assert.deepEqual(answer.at('network.tags'), []);
      assert.equal(typeof answer.at('network.mtu'), 'number');
    },
  },
  {
    name: 'a network tells the subnets it has',
    run: async (cloud) => {
      const { network, subnet } = await makeSubnet(cloud);
      const answer = (await cloud.network.get(`/networks/${network}`)).is(200);
      assert.deepEqual(answer.at('network.subnets'), [subnet]);
    },
  },
  {
    name: 'an ordinary user sees nothing of how a network is provided',
    run: async (cloud) => {
      const network = await makeNetwork(cloud);
      const { keys } = { keys: (await cloud.network.get(`/networks/${network}`)).keys('network') };
      assert.deepEqual(
        keys.filter((key) => key.startsWith('provider:')),
        [],
      );
    },
  },
  {
    name: 'networks are found by name, id, or several of them',
    run: async (cloud) => {
      const names = [cloud.name('net'), cloud.name('net')];
      const ids = [];
      for (const name of names) ids.push(await makeNetwork(cloud, { name }));
      const found = async (query: string): Promise<unknown[]> =>
        (await cloud.network.get(`/networks?${query}`)).is(200).each('networks', 'id').sort();
      assert.deepEqual(await found(`name=${names[0]}`), [ids[0]]);
      assert.deepEqual(await found(`name=${names[0]}&name=${names[1]}`), [...ids].sort());
      assert.deepEqual(await found(`id=${ids[1]}`), [ids[1]]);
      assert.deepEqual(await found('name=nothing-of-that-name'), []);
    },
  },
  {
    name: 'two networks may have one name',
    run: async (cloud) => {
      const name = cloud.name('net');
      const ids = [await makeNetwork(cloud, { name }), await makeNetwork(cloud, { name })];
      const answer = (await cloud.network.get(`/networks?name=${name}`)).is(200);
      assert.deepEqual(answer.each('networks', 'id').sort(), ids.sort());
    },
  },
  {
    name: 'a list may be asked for some fields only',
    run: async (cloud) => {
      const id = await makeNetwork(cloud);
      const answer = (await cloud.network.get(`/networks?id=${id}&fields=id&fields=name`)).is(200);
      assert.deepEqual(answer.keys('networks.0'), ['id', 'name']);
    },
  },
  {
    name: 'a list is sorted and has pages',
    run: async (cloud) => {
      const base = cloud.name('page');
      const ids: string[] = [];
      for (const letter of ['a', 'b', 'c']) {
        ids.push(await makeNetwork(cloud, { name: `${base}-${letter}`, description: base }));
      }
      const list = async (query: string): Promise<unknown[]> =>
        (await cloud.network.get(`/networks?description=${base}&${query}`))
          .is(200)
          .each('networks', 'id');
      assert.deepEqual(await list('sort_key=name&sort_dir=desc'), [...ids].reverse());
      assert.deepEqual(await list('sort_key=name&sort_dir=asc&limit=2'), ids.slice(0, 2));
      assert.deepEqual(await list(`sort_key=name&sort_dir=asc&limit=2&marker=${ids[1]}`), [ids[2]]);
    },
  },
  {
    name: 'the cloud’s external network is seen, and is not the project’s to change',
    run: async (cloud) => {
      const answer = (await cloud.network.get('/networks?router:external=True')).is(200);
      assert.deepEqual(answer.each('networks', 'name'), ['public']);
      const id = answer.string('networks.0.id');
      assert.notEqual(answer.at('networks.0.project_id'), cloud.projectId);
      (await cloud.network.delete(`/networks/${id}`)).neutron(
        403,
        'PolicyNotAuthorized',
        'rule:delete_network is disallowed by policy',
      );
      (await cloud.network.put(`/networks/${id}`, { network: { name: 'mine' } })).is(403);
    },
  },
  {
    name: 'a network that is not there is not found',
    run: async (cloud) => {
      const id = randomUUID();
      const message = `Network ${id} could not be found.`;
      (await cloud.network.get(`/networks/${id}`)).neutron(404, 'NetworkNotFound', message);
      (await cloud.network.delete(`/networks/${id}`)).neutron(404, 'NetworkNotFound', message);
      (await cloud.network.put(`/networks/${id}`, { network: { name: 'x' } })).neutron(
        404,
        'NetworkNotFound',
        message,
      );
    },
  },
  {
    name: 'a network is renamed and described',
    run: async (cloud) => {
      const id = await makeNetwork(cloud);
      const network = { name: cloud.name('other'), description: 'a network' };
      const answer = (await cloud.network.put(`/networks/${id}`, { network })).is(200);
      assert.equal(answer.at('network.name'), network.name);
      assert.equal(answer.at('network.description'), 'a network');
    },
  },
  {
    name: 'a network is deleted once',
    run: async (cloud) => {
      const id = await makeNetwork(cloud);
      assert.equal((await cloud.network.delete(`/networks/${id}`)).is(204).text, '');
      (await cloud.network.delete(`/networks/${id}`)).is(404);
    },
  },
  {
    name: 'a network with a port is in use',
    run: async (cloud) => {
      const { network } = await makeSubnet(cloud);
      const port = await makePort(cloud, network);
      (await cloud.network.delete(`/networks/${network}`)).neutron(
        409,
        'NetworkInUse',
        `Unable to complete operation on network ${network}. There are one or more ports still ` +
          `in use on the network, id for these ports is: ${port}.`,
      );
    },
  },
  {
    name: 'deleting a network deletes its subnets',
    run: async (cloud) => {
      const { network, subnet } = await makeSubnet(cloud);
      (await cloud.network.delete(`/networks/${network}`)).is(204);
      (await cloud.network.get(`/subnets/${subnet}`)).is(404);
    },
  },
  {
    name: 'an unknown attribute is refused',
    run: async (cloud) => {
      (await createNetwork(cloud, { color: 'red' })).neutron(
        400,
        'HTTPBadRequest',
        "Unrecognized attribute(s) 'color'",
      );
    },
  },
  {
    name: 'a value of the wrong type is refused',
    run: async (cloud) => {
      (await createNetwork(cloud, { admin_state_up: 'maybe' })).neutron(
        400,
        'InvalidInput',
        "Invalid input for operation: 'maybe' cannot be converted to boolean.",
      );
      (await createNetwork(cloud, { name: 'n'.repeat(256) })).neutron(
        400,
        'HTTPBadRequest',
        `Invalid input for name. Reason: '${'n'.repeat(256)}' exceeds maximum length of 255.`,
      );
    },
  },
  {
    name: 'a body without the network, or that is no JSON, is refused',
    run: async (cloud) => {
      (await cloud.network.post('/networks', {})).is(400);
      (await cloud.network.post('/networks', { subnet: {} })).is(400);
      const headers = { 'content-type': 'application/json' };
      (await cloud.network.send('POST', '/networks', { body: '{', headers })).is(400);
    },
  },
  {
    name: 'sharing with everyone is for administrators',
    run: async (cloud) => {
      (await createNetwork(cloud, { shared: true })).is(403);
      (await createNetwork(cloud, { 'router:external': true })).is(403);
    },
  },
  {
    name: 'several networks are made at once, or none',
    run: async (cloud) => {
      const names = [cloud.name('bulk'), cloud.name('bulk')];
      const networks = names.map((name) => ({ name }));
      const answer = (await cloud.network.post('/networks', { networks })).is(201);
      for (const id of answer.each('networks', 'id')) {
        cloud.undo(() => cloud.network.delete(`/networks/${String(id)}`));
      }
      assert.deepEqual(answer.each('networks', 'name'), names);
      const name = cloud.name('bulk');
      const bad = { networks: [{ name }, { name, color: 'red' }] };
      (await cloud.network.post('/networks', bad)).is(400);
      const left = await cloud.network.get(`/networks?name=${name}`);
      assert.deepEqual(left.at('networks'), []);
    },
  },
  {
    name: 'a network has tags, and is found by them',
    run: async (cloud) => {
      const id = await makeNetwork(cloud);
      const tags = [cloud.name('tag'), cloud.name('tag')].sort();
      const put = (await cloud.network.put(`/networks/${id}/tags`, { tags })).is(200);
      assert.deepEqual([...(put.at('tags') as string[])].sort(), tags);
      const found = (await cloud.network.get(`/networks?tags=${tags[0] ?? ''}`)).is(200);
      assert.deepEqual(found.each('networks', 'id'), [id]);
      (await cloud.network.delete(`/networks/${id}/tags/${tags[0] ?? ''}`)).is(204);
      const left = (await cloud.network.get(`/networks/${id}`)).is(200);
      assert.deepEqual(left.at('network.tags'), [tags[1]]);
    },
  },
  {
    name: 'a port needs no subnet, and then has no address',
    run: async (cloud) => {
      const network = await makeNetwork(cloud);
      const answer = (await createPort(cloud, { network_id: network })).is(201);
      assert.deepEqual(answer.at('port.fixed_ips'), []);
    },
  },
  {
    name: 'networking wants a token',
    run: async (cloud) => {
      const answer = await cloud.network.send('GET', '/networks', { token: null });
      answer.says(401, {
        error: {
          code: 401,
          title: 'Unauthorized',
          message: 'The request you have made requires authentication.',
        },
      });
      (await cloud.network.send('GET', '/networks', { token: 'nonsense' })).is(401);
      (await cloud.network.send('GET', '/', { token: null })).is(401);
      (await cloud.network.get('/')).is(200);
    },
  },
  {
    name: 'what networking does not have is not found',
    run: async (cloud) => {
      (await cloud.network.get('/nothings')).is(404);
      (await cloud.network.send('PATCH', '/networks', { json: {} })).is(404, 405, 501);
    },
  },
  {
    name: 'the extensions that matter are there',
    run: async (cloud) => {
      const answer = (await cloud.network.get('/extensions')).is(200);
      const aliases = answer.each('extensions', 'alias');
      for (const alias of ['port-security', 'security-group', 'standard-attr-tag', 'quotas']) {
        assert.ok(aliases.includes(alias), alias);
      }
    },
  },
];
