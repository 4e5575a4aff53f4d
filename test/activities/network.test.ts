import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteNetwork, ensureNetwork } from '../../activities/network.js';
import type { Dependencies } from '../../activities/context.js';
import { networkMark, subnetName } from '../../cluster/names.js';
import { failureOf } from '../cloud/calls.js';
import { json, scripted } from '../cloud/scripted-cloud.js';
import { localCloud, misbehave } from './local-cloud.js';

const profiles = ['openstack', 'rackspace'] as const;

const posts = [
  { method: 'POST', path: '^/networks$' },
  { method: 'POST', path: '^/subnets$' },
];
/** What making a network writes. */
const writes = { openstack: posts, rackspace: [...posts, { method: 'PUT', path: '^/networks/' }] };

/** What there is of the user's project, by name. */
async function networksOf({ cloud }: Dependencies): Promise<Record<string, string[]>> {
  const [networks, subnets] = await Promise.all([
    cloud.network.listNetworks(),
    cloud.network.listSubnets(),
  ]);
  return Object.fromEntries(
    networks
      .filter(({ own }) => own)
      .map(({ id, name }) => [
        name,
        subnets.filter(({ networkId }) => networkId === id).map((subnet) => subnet.name),
      ]),
  );
}

for (const profile of profiles) {
  test(`${profile}: the network is made once, adopted after, and deleted`, async (t) => {
    const { dependencies, spec } = await localCloud(t, { profile });
    const made = await ensureNetwork(dependencies, spec);
    assert.equal(made.made, true);
    assert.deepEqual(await networksOf(dependencies), { 'c-pool-net': [subnetName('c')] });
    assert.deepEqual(await ensureNetwork(dependencies, spec), { id: made.id, made: false });
    assert.deepEqual(await deleteNetwork(dependencies, 'another'), { deleted: [] });
    assert.deepEqual(await deleteNetwork(dependencies, 'c'), { deleted: ['c-pool-net'] });
    assert.deepEqual(await networksOf(dependencies), {});
    assert.deepEqual(await deleteNetwork(dependencies, 'c'), { deleted: [] });
  });

  test(`${profile}: a user's empty network of that label is refused, and left as it is`, async (t) => {
    const { dependencies, spec } = await localCloud(t, { profile });
    await dependencies.cloud.network.createNetwork({ name: 'c-pool-net' });
    const failure = await failureOf(ensureNetwork(dependencies, spec));
    assert.deepEqual([failure.kind, failure.reason], ['blocked', 'NameTaken']);
    assert.match(failure.cure, /NOVA_NETWORK_LABEL/);
    assert.deepEqual(await deleteNetwork(dependencies, 'c'), { deleted: [] });
    assert.deepEqual(await networksOf(dependencies), { 'c-pool-net': [] });
  });

  test(`${profile}: a user's own network of that range is used, and never deleted`, async (t) => {
    const { dependencies, spec } = await localCloud(t, { profile });
    const { network } = dependencies.cloud;
    const { id } = await network.createNetwork({ name: 'c-pool-net' });
    await network.createSubnet({ networkId: id, name: 'mine', cidr: spec.network.cidr });
    assert.deepEqual(await ensureNetwork(dependencies, spec), { id, made: false });
    assert.deepEqual(await deleteNetwork(dependencies, 'c'), { deleted: [] });
    assert.deepEqual(await networksOf(dependencies), { 'c-pool-net': ['mine'] });
  });

  test(`${profile}: another range, and two of one label, are for a person`, async (t) => {
    const { dependencies, spec } = await localCloud(t, { profile });
    const { network } = dependencies.cloud;
    const { id } = await network.createNetwork({ name: 'c-pool-net' });
    await network.createSubnet({ networkId: id, name: 'mine', cidr: '192.168.7.0/24' });
    const differs = await failureOf(ensureNetwork(dependencies, spec));
    assert.deepEqual([differs.kind, differs.reason], ['blocked', 'NetworkRangeDiffers']);
    await network.createNetwork({ name: 'c-pool-net' });
    const ambiguous = await failureOf(ensureNetwork(dependencies, spec));
    assert.deepEqual([ambiguous.kind, ambiguous.reason], ['blocked', 'AmbiguousNetwork']);
  });

  for (const match of writes[profile]) {
    for (const drop of ['before', 'after']) {
      test(`${profile}: a try lost ${drop} ${match.method} ${match.path} is gone on with, or cleared away`, async (t) => {
        for (const isAbandoned of [false, true]) {
          const { dependencies, spec, server } = await localCloud(t, { profile });
          await misbehave(server, { match: { service: 'network', ...match }, action: { drop } });
          const failure = await failureOf(ensureNetwork(dependencies, spec));
          assert.equal(failure.kind, 'transient');
          if (!isAbandoned) {
            await ensureNetwork(dependencies, spec);
            assert.deepEqual(await networksOf(dependencies), { 'c-pool-net': [subnetName('c')] });
          }
          await deleteNetwork(dependencies, 'c');
          assert.deepEqual(await networksOf(dependencies), {});
        }
      });
    }
  }
}

test('where descriptions are kept, our subnet alone makes no network ours', async (t) => {
  const { dependencies } = await localCloud(t);
  const { network } = dependencies.cloud;
  const { id } = await network.createNetwork({ name: 'mine' });
  await network.createSubnet({ networkId: id, name: subnetName('c'), cidr: '192.168.0.0/24' });
  assert.deepEqual(await deleteNetwork(dependencies, 'c'), { deleted: [] });
  assert.deepEqual(await networksOf(dependencies), { mine: [] });
});

test("another project's subnet that carries the same mark stays, whoever sees it", async (t) => {
  const theirs = { tenant_id: 'p2', project_id: 'p2' };
  const deletions: string[] = [];
  const { cloud } = await scripted(t, (request, response) => {
    if (request.method === 'DELETE') deletions.push(request.path);
    if (request.path.startsWith('/v2.0/extensions')) {
      json(response, 200, { extensions: [{ alias: 'standard-attr-description' }] });
    } else if (request.path.startsWith('/v2.0/networks')) {
      json(response, 200, { networks: [{ id: 'n2', name: 'shared', shared: true, ...theirs }] });
    } else {
      const subnet = { id: 's2', network_id: 'n2', name: subnetName('c'), cidr: '10.0.0.0/24' };
      json(response, 200, { subnets: [{ ...subnet, ...theirs }] });
    }
  });
  const dependencies = { cloud, rootSecret: Buffer.alloc(32) };
  assert.deepEqual(await deleteNetwork(dependencies, 'c'), { deleted: [] });
  assert.deepEqual(deletions, []);
});

test("another cluster's network of that label is not taken over while it is made", async (t) => {
  const { dependencies, spec } = await localCloud(t);
  const description = networkMark('another');
  await dependencies.cloud.network.createNetwork({ name: 'c-pool-net', description });
  assert.equal((await failureOf(ensureNetwork(dependencies, spec))).reason, 'NameTaken');
});
