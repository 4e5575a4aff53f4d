import assert from 'node:assert/strict';
import { test } from 'node:test';
import { specDifferences } from '../../cluster/differences.js';
import type { ClusterSpec } from '../../cluster/spec.js';

const spec: ClusterSpec = {
  name: 'kubernetes',
  cloud: { accountId: '0a0a0a0a', provider: 'openstack', region: 'RegionOne' },
  minions: 4,
  image: 'Ubuntu 24.04',
  masterFlavor: 'a',
  minionFlavor: 'b',
  keyPair: { name: 'id_kubernetes' },
  network: { label: 'net', cidr: '192.168.0.0/24' },
  attachNetworks: [],
  podNetwork: '10.240.0.0/16',
  portalNet: '10.0.0.0/16',
  dns: { enabled: true, serverIp: '10.0.0.10', domain: 'cluster.local', replicas: 1 },
  release: { file: '/a', sha256: 'aa', bytes: 1, sample: true, container: 'c' },
  masterTag: 'tags=m',
  minionTag: 'tags=n',
  onFailure: 'hold',
  minReadyMinions: 4,
  maxReplacements: 2,
  machineTimeoutSeconds: 1200,
};

test('A spec does not differ from itself, in whatever order it was written', () => {
  const reversed = Object.fromEntries(Object.entries(spec).reverse()) as unknown as ClusterSpec;
  assert.deepEqual(specDifferences(spec, reversed), []);
});

test('Every field that differs gets one line', () => {
  const other: ClusterSpec = {
    ...spec,
    minions: 6,
    network: { ...spec.network, cidr: '192.168.8.0/22' },
    keyPair: { name: 'id_kubernetes', publicKey: 'ssh-ed25519 AAAA' },
    attachNetworks: ['public', 'service'],
  };
  assert.deepEqual(specDifferences(spec, other), [
    'attachNetworks: [] → ["public","service"]',
    'keyPair.publicKey: none → ssh-ed25519 AAAA',
    'minions: 4 → 6',
    'network.cidr: 192.168.0.0/24 → 192.168.8.0/22',
  ]);
});

test('The same release at another path is the same', () => {
  const moved = { ...spec, release: { ...spec.release, file: '/b' } };
  assert.deepEqual(specDifferences(spec, moved), []);
  const changed = { ...spec, release: { ...spec.release, sha256: 'bb' } };
  assert.deepEqual(specDifferences(spec, changed), ['release.sha256: aa → bb']);
});
