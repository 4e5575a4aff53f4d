import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { emptyCloud } from './cloud-client.js';
import { openWorld, type World } from './world.js';

/** Each mutating request of a bring-up of one master and two minions, and how often it is made. */
const mutations: [method: string, service: string, path: string, count: number][] = [
  ['POST', 'object-store', '^/$', 1],
  ['PUT', 'object-store', '^/[^/]+$', 1],
  ['PUT', 'object-store', '/segments/', 1],
  ['PUT', 'object-store', 'master-release\\.tar\\.gz$', 1],
  ['POST', 'network', '^/networks$', 1],
  ['POST', 'network', '^/subnets$', 1],
  ['POST', 'compute', '^/os-keypairs$', 1],
  ['POST', 'compute', '^/servers$', 3],
];

const deletions: [method: string, service: string, path: string][] = [
  ['DELETE', 'compute', '^/servers/'],
  ['DELETE', 'compute', '^/os-keypairs/'],
  ['DELETE', 'network', '^/networks/'],
  ['DELETE', 'object-store', 'master-release\\.tar\\.gz$'],
  ['DELETE', 'object-store', '/segments/'],
  ['DELETE', 'object-store', '/reports/'],
  ['DELETE', 'object-store', '^/[^/]+$'],
];

/**
 * A cloud that does the work, and whose answer then never arrives: at each mutating request there is, in turn.
 */
describe('a dropped answer', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
    await world.kubeup(['local', 'start']);
  });
  after(() => world.dispose());

  for (const [method, service, path, count] of mutations) {
    for (let nth = 0; nth < count; nth += 1) {
      it(`of ${method} ${service} ${path}, number ${nth + 1}, leaves nothing double`, async () => {
        const cloud = await world.cloud();
        await cloud.forgetTempUrlKey();
        const rule = { match: { method, service, path }, after: nth, action: { drop: 'after' } };
        const { id } = await cloud.admin<{ id: string }>('POST', '/faults', rule);
        const { code, phase } = await world.document(['up', '--minions', '2']);
        assert.equal(code, 0);
        assert.equal(phase, 'Ready');
        const rules = await cloud.admin<{ id: string; hits: number }[]>('GET', '/faults');
        assert.equal(rules.find((one) => one.id === id)?.hits, 1, 'the answer was dropped');
        const { servers, networks, subnets, ports, keyPairs, objects } = await cloud.contents();
        assert.deepEqual(servers, [
          'kubernetes-master',
          'kubernetes-minion-1',
          'kubernetes-minion-2',
        ]);
        assert.deepEqual(networks, ['kubernetes-pool-net']);
        assert.deepEqual(subnets, ['kubeup/kubernetes']);
        assert.deepEqual(keyPairs, ['id_kubernetes']);
        assert.equal(ports, 3);
        assert.equal(objects.length, 2 + 3);
        assert.equal((await world.document(['down'])).phase, 'Gone');
        assert.deepEqual(await cloud.contents(), emptyCloud);
      });
    }
  }

  for (const [method, service, path] of deletions) {
    it(`of ${method} ${service} ${path} leaves nothing behind`, async () => {
      const cloud = await world.cloud();
      assert.equal((await world.document(['up', '--minions', '2'])).phase, 'Ready');
      const rule = { match: { method, service, path }, action: { drop: 'after' } };
      const { id } = await cloud.admin<{ id: string }>('POST', '/faults', rule);
      const { code, phase } = await world.document(['down']);
      assert.equal(code, 0);
      assert.equal(phase, 'Gone');
      const rules = await cloud.admin<{ id: string; hits: number }[]>('GET', '/faults');
      assert.equal(rules.find((one) => one.id === id)?.hits, 1, 'the answer was dropped');
      assert.deepEqual(await cloud.contents(), emptyCloud);
    });
  }
});
