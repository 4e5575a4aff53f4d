import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import { emptyCloud } from '../../durability/cloud-client.js';
import { describeOpenStack } from './describe-openstack.js';
import type { Drop } from './front-proxy.js';
import { openRealWorld, type RealWorld } from './real-world.js';

/**
 * Each mutating request of a bring-up of one master and one minion, and of its tear-down, in three rounds: against
 * the local cloud each has a round of its own.
 */
const rounds: { up: Drop[]; down: Drop[] }[] = [
  {
    up: [
      { method: 'POST', service: 'object-store', path: /^\/?$/ },
      { method: 'PUT', service: 'object-store', path: /\/segments\// },
      { method: 'POST', service: 'network', path: /^\/networks$/ },
      { method: 'POST', service: 'compute', path: /^\/servers$/ },
    ],
    down: [
      { method: 'DELETE', service: 'compute', path: /^\/servers\// },
      { method: 'DELETE', service: 'network', path: /^\/networks\// },
      { method: 'DELETE', service: 'object-store', path: /\/segments\// },
    ],
  },
  {
    up: [
      { method: 'PUT', service: 'object-store', path: /^\/[^/]+$/ },
      { method: 'PUT', service: 'object-store', path: /master-release\.tar\.gz$/ },
      { method: 'POST', service: 'compute', path: /^\/os-keypairs$/ },
    ],
    down: [
      { method: 'DELETE', service: 'compute', path: /^\/servers\//, after: 1 },
      { method: 'DELETE', service: 'object-store', path: /master-release\.tar\.gz$/ },
    ],
  },
  {
    up: [
      { method: 'POST', service: 'network', path: /^\/subnets$/ },
      { method: 'POST', service: 'compute', path: /^\/servers$/, after: 1 },
    ],
    down: [
      { method: 'DELETE', service: 'compute', path: /^\/os-keypairs\// },
      { method: 'DELETE', service: 'object-store', path: /^\/[^/]+$/ },
    ],
  },
];

/** Nova, Neutron and Swift do the work, and their answer never arrives. */
describeOpenStack('answers of a real OpenStack that are dropped', () => {
  let real: RealWorld;
  before(async () => (real = await openRealWorld()));
  after(() => real.dispose());
  afterEach(async () => {
    // What a failed test left behind must not fail the next one.
    const { servers, networks } = await real.project.contents();
    if (servers.length + networks.length > 0) await real.world.kubeup(['down']);
  });

  for (const { up, down } of rounds) {
    it(`${[...up, ...down].map(nameOf).join('; ')}: nothing is double, nothing is left`, async () => {
      const { world, proxy, project, holds } = real;
      await project.forgetTempUrlKey();
      const upLeft = proxy.dropAnswers(up);
      const { code, phase } = await world.document(real.up(1));
      assert.equal(code, 0);
      assert.equal(phase, 'Ready');
      assert.deepEqual(upLeft(), [], 'answers of the bring-up were dropped');
      const { servers, networks, subnets, ports, keyPairs, objects } = await project.contents();
      assert.deepEqual(servers, ['kubernetes-master', 'kubernetes-minion-1']);
      assert.deepEqual(networks, ['kubernetes-pool-net']);
      assert.deepEqual(subnets, ['kubeup/kubernetes']);
      assert.deepEqual(keyPairs, ['id_kubernetes']);
      assert.equal(ports, 2);
      assert.equal(objects.length, 2);

      const downLeft = proxy.dropAnswers(down);
      assert.equal((await world.document(['down'])).phase, 'Gone');
      assert.deepEqual(downLeft(), [], 'answers of the tear-down were dropped');
      await holds(emptyCloud);
    });
  }
});

function nameOf({ method, service, path, after = 0 }: Drop): string {
  return `${method} ${service} ${path.source}${after > 0 ? `, number ${after + 1}` : ''}`;
}
