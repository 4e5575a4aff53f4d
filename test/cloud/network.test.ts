import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCloud } from '../../cloud/open.js';
import { failureOf } from './calls.js';
import { bytes, json, scripted } from './scripted-cloud.js';

const neutron = {
  id: 'n1',
  name: 'kubeup-net',
  tenant_id: 'p1',
  project_id: 'p1',
  admin_state_up: true,
  mtu: 1450,
  status: 'ACTIVE',
  subnets: ['sn1'],
  shared: false,
  'router:external': false,
  description: 'kubeup-cluster=kubernetes',
};

test('a network keeps the description it is created with', async (t) => {
  const posts: unknown[] = [];
  const { cloud } = await scripted(t, async (request, response) => {
    assert.equal(`${request.method} ${request.url}`, 'POST /network/v2.0/networks');
    posts.push(JSON.parse((await bytes(request)).toString()));
    json(response, 201, { network: { ...neutron, subnets: [] } });
  });
  const description = 'kubeup-cluster=kubernetes';
  assert.deepEqual(await cloud.network.createNetwork({ name: 'kubeup-net', description }), {
    id: 'n1',
    name: 'kubeup-net',
    description,
    own: true,
  });
  await cloud.network.createNetwork({ name: 'kubeup-net' });
  assert.deepEqual(posts, [
    { network: { name: 'kubeup-net', description } },
    { network: { name: 'kubeup-net' } },
  ]);
});

test('a subnet has no gateway: the cloud network leads nowhere', async (t) => {
  const posts: unknown[] = [];
  const { cloud } = await scripted(t, async (request, response) => {
    assert.equal(`${request.method} ${request.url}`, 'POST /network/v2.0/subnets');
    const body = JSON.parse((await bytes(request)).toString()) as { subnet: object };
    posts.push(body);
    json(response, 201, { subnet: { ...body.subnet, id: 'sn1', tenant_id: 'p1' } });
  });
  assert.deepEqual(
    await cloud.network.createSubnet({ networkId: 'n1', name: 'a', cidr: '192.168.0.0/24' }),
    { id: 'sn1', networkId: 'n1', name: 'a', cidr: '192.168.0.0/24', own: true },
  );
  assert.deepEqual(posts, [
    {
      subnet: {
        network_id: 'n1',
        name: 'a',
        cidr: '192.168.0.0/24',
        ip_version: 4,
        gateway_ip: null,
      },
    },
  ]);
});

test('whose a network is, and its name to the letter', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    assert.equal(request.url, '/network/v2.0/networks?name=kubeup-net&limit=1000');
    json(response, 200, {
      networks: [
        neutron,
        { ...neutron, id: 'n2', tenant_id: 'p2', project_id: 'p2', shared: true },
        { ...neutron, id: 'n3', 'router:external': true },
        { id: 'n4', name: 'kubeup-net', tenant_id: 'p1' },
        { ...neutron, id: 'n5', name: 'Kubeup-Net' },
      ],
    });
  });
  const networks = await cloud.network.listNetworks({ name: 'kubeup-net' });
  assert.deepEqual(
    networks.map(({ id, own, description }) => [id, own, description]),
    [
      ['n1', true, neutron.description],
      ['n2', false, neutron.description],
      ['n3', false, neutron.description],
      ['n4', true, ''],
    ],
  );
});

test('Rackspace speaks a part of Neutron, under an address that names the version', async (t) => {
  const { behind } = await scripted(t, (request, response) => {
    request.resume();
    switch (request.url) {
      case '/network/v2.0/extensions': {
        json(response, 200, { extensions: [{ alias: 'security-group' }] });
        return;
      }
      case '/network/v2.0/networks?limit=1000': {
        json(response, 200, { networks: [{ ...neutron, description: undefined }] });
        return;
      }
      default: {
        json(response, 404, {});
        return;
      }
    }
  });
  const { network } = openCloud(behind.rackspaceAccount());
  assert.equal(await network.keepsDescriptions(), false);
  assert.deepEqual(await network.quota(), { networks: { used: 1 } });
  await network.deleteNetwork('n9');
});

test('descriptions are kept where the extension says so', async (t) => {
  const { cloud } = await scripted(t, (_request, response) =>
    json(response, 200, {
      extensions: [{ alias: 'quotas' }, { alias: 'standard-attr-description' }],
    }),
  );
  assert.equal(await cloud.network.keepsDescriptions(), true);
});

test('the quota counts own networks; -1 means none', async (t) => {
  let limit = 10;
  const { cloud } = await scripted(t, (request, response) => {
    const networks = [neutron, { ...neutron, id: 'n2', tenant_id: 'p2' }];
    json(
      response,
      200,
      request.path === '/v2.0/quotas/p1' ? { quota: { network: limit } } : { networks },
    );
  });
  assert.deepEqual(await cloud.network.quota(), { networks: { limit: 10, used: 1 } });
  limit = -1;
  assert.deepEqual(await cloud.network.quota(), { networks: { used: 1 } });
});

test('a network in use is not deleted, one that is gone is', async (t) => {
  const { cloud } = await scripted(t, (request, response) => {
    request.resume();
    if (request.path === '/v2.0/networks/n1') {
      json(response, 409, {
        NeutronError: {
          type: 'NetworkInUse',
          message:
            'Unable to complete operation on network n1. There are one or more ports still in use on the network.',
          detail: '',
        },
      });
    } else {
      json(response, 404, {
        NeutronError: { type: 'NetworkNotFound', message: 'gone', detail: '' },
      });
    }
  });
  const failure = await failureOf(cloud.network.deleteNetwork('n1'));
  assert.deepEqual([failure.kind, failure.reason], ['transient', 'InUse']);
  await cloud.network.deleteNetwork('n2');
  await cloud.network.deleteSubnet('sn2');
});

test('a network is renamed by its id', async (t) => {
  const { cloud } = await scripted(t, async (request, response) => {
    assert.equal(`${request.method} ${request.path}`, 'PUT /v2.0/networks/n1');
    assert.deepEqual(JSON.parse((await bytes(request)).toString()), { network: { name: 'b' } });
    json(response, 200, { network: { ...neutron, name: 'b' } });
  });
  await cloud.network.renameNetwork('n1', 'b');
});
