import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { emptyCloud } from './cloud-client.js';
import { openWorld, type World } from './world.js';

/** A request whose answer is dropped: the how manieth of its kind, counted from 0. */
interface Dropped {
  method: string;
  service: string;
  path: string;
  after?: number;
}

/** Each mutating request of a bring-up of one master and two minions. */
const creations: Dropped[] = [
  { method: 'POST', service: 'object-store', path: '^/$' },
  { method: 'PUT', service: 'object-store', path: '^/[^/]+$' },
  { method: 'PUT', service: 'object-store', path: '/segments/' },
  { method: 'PUT', service: 'object-store', path: 'master-release\\.tar\\.gz$' },
  { method: 'POST', service: 'network', path: '^/networks$' },
  { method: 'POST', service: 'network', path: '^/subnets$' },
  { method: 'POST', service: 'compute', path: '^/os-keypairs$' },
  { method: 'POST', service: 'compute', path: '^/servers$' },
  { method: 'POST', service: 'compute', path: '^/servers$', after: 1 },
  { method: 'POST', service: 'compute', path: '^/servers$', after: 2 },
];

/** Each of a tear-down; each in the round of a creation. */
const deletions: Dropped[] = [
  { method: 'DELETE', service: 'compute', path: '^/servers/' },
  { method: 'DELETE', service: 'compute', path: '^/os-keypairs/' },
  { method: 'DELETE', service: 'network', path: '^/networks/' },
  { method: 'DELETE', service: 'object-store', path: 'master-release\\.tar\\.gz$' },
  { method: 'DELETE', service: 'object-store', path: '/segments/' },
  { method: 'DELETE', service: 'object-store', path: '/reports/' },
  { method: 'DELETE', service: 'object-store', path: '^/[^/]+$' },
];

function nameOf({ method, service, path, after = 0 }: Dropped): string {
  return `${method} ${service} ${path}${after > 0 ? `, number ${after + 1}` : ''}`;
}

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

  /** Runs the command while one such answer is dropped; it must succeed. @returns the phase at its end */
  async function through({ after = 0, ...match }: Dropped, command: string[]): Promise<string> {
    const cloud = await world.cloud();
    const rule = { match, after, action: { drop: 'after' } };
    const { id } = await cloud.admin<{ id: string }>('POST', '/faults', rule);
    const { code, phase } = await world.document(command);
    assert.equal(code, 0);
    const rules = await cloud.admin<{ id: string; hits: number }[]>('GET', '/faults');
    assert.equal(rules.find((one) => one.id === id)?.hits, 1, 'the answer was dropped');
    await cloud.admin('DELETE', '/faults');
    return phase;
  }

  for (const [round, creation] of creations.entries()) {
    const deletion = deletions[round];
    const both = [creation, ...(deletion ? [deletion] : [])].map(nameOf).join('; of ');
    it(`of ${both}: nothing is double, nothing is left behind`, async () => {
      const cloud = await world.cloud();
      await cloud.forgetTempUrlKey();
      assert.equal(await through(creation, ['up', '--minions', '2']), 'Ready');
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
      const down = deletion
        ? await through(deletion, ['down'])
        : (await world.document(['down'])).phase;
      assert.equal(down, 'Gone');
      assert.deepEqual(await cloud.contents(), emptyCloud);
    });
  }
});
