import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import { emptyCloud } from '../../durability/cloud-client.js';
import { describeOpenStack } from './describe-openstack.js';
import type { Drop } from './front-proxy.js';
import { openRealWorld, type RealWorld } from './real-world.js';

/** Each mutating request of a bring-up of one master and one minion. */
const mutations: Drop[] = [
  { method: 'POST', service: 'object-store', path: /^\/?$/ },
  { method: 'PUT', service: 'object-store', path: /^\/[^/]+$/ },
  { method: 'PUT', service: 'object-store', path: /\/segments\// },
  { method: 'PUT', service: 'object-store', path: /master-release\.tar\.gz$/ },
  { method: 'POST', service: 'network', path: /^\/networks$/ },
  { method: 'POST', service: 'network', path: /^\/subnets$/ },
  { method: 'POST', service: 'compute', path: /^\/os-keypairs$/ },
  { method: 'POST', service: 'compute', path: /^\/servers$/ },
  { method: 'POST', service: 'compute', path: /^\/servers$/, after: 1 },
];

/** Each mutating request of its tear-down. */
const deletions: Drop[] = [
  { method: 'DELETE', service: 'compute', path: /^\/servers\// },
  { method: 'DELETE', service: 'compute', path: /^\/servers\//, after: 1 },
  { method: 'DELETE', service: 'compute', path: /^\/os-keypairs\// },
  { method: 'DELETE', service: 'network', path: /^\/networks\// },
  { method: 'DELETE', service: 'object-store', path: /master-release\.tar\.gz$/ },
  { method: 'DELETE', service: 'object-store', path: /\/segments\// },
  { method: 'DELETE', service: 'object-store', path: /^\/[^/]+$/ },
];

/** Nova, Neutron and Swift do the work, and their answer never arrives: at each mutating request, in turn. */
describeOpenStack('an answer of a real OpenStack that is dropped', () => {
  let real: RealWorld;
  before(async () => (real = await openRealWorld()));
  after(() => real.dispose());
  afterEach(async () => {
    // What a failed test left behind must not fail the next one.
    const { servers, networks } = await real.project.contents();
    if (servers.length + networks.length > 0) await real.world.kubeup(['down']);
  });

  mutations.forEach((up, at) => {
    const down = deletions[at];
    const what = [up, ...(down ? [down] : [])].map(nameOf).join(' and ');
    it(`of ${what}, leaves nothing double and nothing behind`, async () => {
      const { world, proxy, project, holds } = real;
      await project.forgetTempUrlKey();
      const upDropped = proxy.dropAnswer(up);
      const { code, phase } = await world.document(real.up(1));
      assert.equal(code, 0);
      assert.equal(phase, 'Ready');
      assert.ok(upDropped(), 'the answer of the bring-up was dropped');
      const { servers, networks, subnets, ports, keyPairs, objects } = await project.contents();
      assert.deepEqual(servers, ['kubernetes-master', 'kubernetes-minion-1']);
      assert.deepEqual(networks, ['kubernetes-pool-net']);
      assert.deepEqual(subnets, ['kubeup/kubernetes']);
      assert.deepEqual(keyPairs, ['id_kubernetes']);
      assert.equal(ports, 2);
      assert.equal(objects.length, 2);

      const downDropped = down ? proxy.dropAnswer(down) : () => true;
      assert.equal((await world.document(['down'])).phase, 'Gone');
      assert.ok(downDropped(), 'the answer of the tear-down was dropped');
      await holds(emptyCloud);
    });
  });
});

function nameOf({ method, service, path, after = 0 }: Drop): string {
  return `${method} ${service} ${path.source}${after > 0 ? `, number ${after + 1}` : ''}`;
}
