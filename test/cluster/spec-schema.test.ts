import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { podRange, parseCidr, contains } from '../../cluster/addressing.js';
import { fields, settings } from '../../cluster/settings.js';
import type { Setting } from '../../cluster/settings.js';
import { readSettings } from '../../cluster/spec-schema.js';
import type { ReadSettings, SettingSources } from '../../cluster/spec-schema.js';

const context = {
  user: 'alice',
  defaultFlavors: { master: 'performance1-1', minion: 'performance1-2' },
};

function read(sources: Partial<SettingSources>): ReadSettings {
  return readSettings({ environment: {}, ...sources }, context);
}

function problemsOf(sources: Partial<SettingSources>): Record<string, string> {
  return Object.fromEntries(read(sources).problems.map((p) => [p.field, p.message]));
}

test('Nothing given: the defaults of the original', () => {
  const { settings: found, problems, values } = read({});
  assert.deepEqual(problems, []);
  assert.deepEqual(found, {
    name: 'kubernetes',
    minions: 4,
    image: 'Ubuntu 24.04',
    masterFlavor: 'performance1-1',
    minionFlavor: 'performance1-2',
    'keyPair.name': 'id_kubernetes',
    'network.label': 'kubernetes-pool-net',
    'network.cidr': '192.168.0.0/24',
    attachNetworks: [],
    podNetwork: '10.240.0.0/16',
    portalNet: '10.0.0.0/16',
    'dns.enabled': true,
    'dns.serverIp': '10.0.0.10',
    'dns.domain': 'cluster.local',
    'dns.replicas': 1,
    'release.container': 'kubernetes-releases-alice',
    masterTag: 'tags=kubernetes-master',
    minionTag: 'tags=kubernetes-minion',
    onFailure: 'hold',
    wait: 'ready',
    minReadyMinions: 4,
    maxReplacements: 2,
    machineTimeoutSeconds: 1200,
  });
  assert.ok(values.every(({ origin }) => origin === 'default'));
  assert.equal(values.length, fields.length);
});

test('Names that hold the cluster name follow it', () => {
  const { settings: found } = read({ environment: { INSTANCE_PREFIX: 'dev' } });
  assert.equal(found['keyPair.name'], 'id_dev');
  assert.equal(found['network.label'], 'dev-pool-net');
  assert.equal(found.masterTag, 'tags=dev-master');
});

test("The cluster's DNS follows the portal net, and enough minions follows the minions", () => {
  const { settings: found } = read({
    environment: { PORTAL_NET: '10.1.0.0/16', RAX_NUM_MINIONS: '7' },
  });
  assert.equal(found['dns.serverIp'], '10.1.0.10');
  assert.equal(found.minReadyMinions, 7);
});

test('File < environment < flags, each value with its origin', () => {
  const { settings: found, values } = read({
    file: { path: 'cluster.yaml', content: { name: 'dev', minions: 1, image: 'Debian 12' } },
    environment: { RAX_NUM_MINIONS: '2', KUBE_IMAGE: 'Ubuntu 14.04' },
    flags: { minions: '3' },
  });
  assert.equal(found.name, 'dev');
  assert.equal(found.minions, 3);
  assert.equal(found.image, 'Ubuntu 14.04');
  const origins = Object.fromEntries(values.map(({ field, origin }) => [field, origin]));
  assert.equal(origins.name, 'file cluster.yaml');
  assert.equal(origins.minions, 'flag --minions');
  assert.equal(origins.image, 'environment KUBE_IMAGE');
  assert.equal(origins.podNetwork, 'default');
});

/** One right value other than the default, for every setting, as the environment would spell it. */
const otherValues: Record<string, { text: string; typed: unknown }> = {
  name: { text: 'dev', typed: 'dev' },
  minions: { text: '7', typed: 7 },
  image: { text: 'Debian 12', typed: 'Debian 12' },
  masterFlavor: { text: 'm1.small', typed: 'm1.small' },
  minionFlavor: { text: '42', typed: '42' },
  'keyPair.name': { text: 'mine', typed: 'mine' },
  'keyPair.publicKey': { text: 'ssh-ed25519 AAAA me', typed: 'ssh-ed25519 AAAA me' },
  'network.label': { text: 'my net', typed: 'my net' },
  'network.cidr': { text: '192.168.8.0/22', typed: '192.168.8.0/22' },
  attachNetworks: { text: 'a, b', typed: ['a', 'b'] },
  podNetwork: { text: '10.200.0.0/16', typed: '10.200.0.0/16' },
  portalNet: { text: '172.16.0.0/16', typed: '172.16.0.0/16' },
  'dns.enabled': { text: 'false', typed: false },
  'dns.serverIp': { text: '10.0.0.20', typed: '10.0.0.20' },
  'dns.domain': { text: 'kube.test', typed: 'kube.test' },
  'dns.replicas': { text: '2', typed: 2 },
  'release.file': { text: 'r.tar.gz', typed: 'r.tar.gz' },
  'release.container': { text: 'releases', typed: 'releases' },
  masterTag: { text: 'a=b', typed: 'a=b' },
  minionTag: { text: 'c=d', typed: 'c=d' },
  onFailure: { text: 'rollback', typed: 'rollback' },
  wait: { text: 'active', typed: 'active' },
  minReadyMinions: { text: '1', typed: 1 },
  maxReplacements: { text: '0', typed: 0 },
  machineTimeoutSeconds: { text: '60', typed: 60 },
};

for (const field of fields) {
  test(`${field} is read alike from file, environment and flag`, () => {
    const { environment }: Setting = settings[field];
    const { text, typed } = otherValues[field]!;
    const content = field
      .split('.')
      .reduceRight<unknown>((inner, key) => ({ [key]: inner }), typed);
    const sources: Partial<SettingSources>[] = [
      { file: { path: 'f', content } },
      ...(environment ? [{ environment: { [environment]: text } }] : []),
      { flags: { [field]: text } },
    ];
    for (const source of sources) {
      const { settings: found, problems } = read(source);
      assert.deepEqual(problems, []);
      assert.deepEqual(found[field], typed);
    }
  });
}

test('KUBE_NETWORK is taken in the original form too', () => {
  for (const pattern of ['10.240.{1..4}.0/24', '10.240.{1..N}.0/24', '10.240.{1..${N}}.0/24']) {
    const { settings: found, problems } = read({ environment: { KUBE_NETWORK: pattern } });
    assert.deepEqual(problems, [], pattern);
    assert.equal(found.podNetwork, '10.240.0.0/16');
  }
});

test('An empty variable counts as unset', () => {
  const { settings: found, values } = read({ environment: { KUBE_IMAGE: '' } });
  assert.equal(found.image, 'Ubuntu 24.04');
  assert.equal(values.find(({ field }) => field === 'image')!.origin, 'default');
});

test('Every problem is told at once', () => {
  const { problems } = read({
    file: { path: 'cluster.yaml', content: { minion: 3, netwerk: { label: 'x' }, dns: 'yes' } },
    environment: {
      INSTANCE_PREFIX: 'My_Cluster',
      RAX_NUM_MINIONS: '-1',
      NOVA_NETWORK: '192.168.0.7/24',
      PORTAL_NET: '10.240.0.0/16',
      MASTER_TAG: 'nonsense',
      ENABLE_CLUSTER_DNS: 'perhaps',
    },
    flags: { onFailure: 'explode', maxReplacements: 'many' },
  });
  assert.deepEqual(problems.map(({ field }) => field).sort(), [
    'dns',
    'dns.enabled',
    'masterTag',
    'maxReplacements',
    'minion',
    'minions',
    'name',
    'netwerk',
    'network.cidr',
    'onFailure',
    'portalNet',
  ]);
  const told = Object.fromEntries(problems.map(({ field, message }) => [field, message]));
  assert.match(told.minion!, /did you mean minions\?/);
  assert.match(told['network.cidr']!, /192\.168\.0\.0\/24 \(from environment NOVA_NETWORK\)/);
  assert.match(told.onFailure!, /hold, fail or rollback \(from flag --on-failure\)/);
  assert.match(told.portalNet!, /overlaps the pod network 10\.240\.0\.0\/16/);
});

const refusals: [string, Partial<SettingSources>, string, RegExp][] = [
  ['a count that is no number', { environment: { RAX_NUM_MINIONS: '1e2' } }, 'minions', /whole/],
  [
    'a broken count in the file',
    { file: { path: 'f', content: { minions: 1.5 } } },
    'minions',
    /whole/,
  ],
  ['a name that DNS refuses', { flags: { name: '-dev' } }, 'name', /letter or digit at both ends/],
  [
    'a name that leaves no room for the minions',
    { flags: { name: 'a'.repeat(55) } },
    'name',
    /at most 54 characters/,
  ],
  [
    'a public cloud network',
    { environment: { NOVA_NETWORK: '8.8.8.0/24' } },
    'network.cidr',
    /private/,
  ],
  [
    'a cloud network in the pod network',
    { environment: { NOVA_NETWORK: '10.240.7.0/24' } },
    'podNetwork',
    /overlaps the cloud network/,
  ],
  [
    'a pod network too small for the minions',
    { environment: { KUBE_NETWORK: '10.240.0.0/22' } },
    'podNetwork',
    /5 ranges of \/24 each, so a \/21 or larger/,
  ],
  [
    'a pod network that holds not even one range',
    { environment: { KUBE_NETWORK: '10.240.0.0/25', RAX_NUM_MINIONS: '0' } },
    'podNetwork',
    /too small/,
  ],
  [
    'a cloud network too small for the machines',
    { environment: { NOVA_NETWORK: '192.168.0.0/29' } },
    'network.cidr',
    /holds 3 machines, and 5 are asked for; a \/28 or larger/,
  ],
  ['more minions than pod ranges', { flags: { minions: '256' } }, 'podNetwork', /\/15 or larger/],
  [
    'a DNS server outside the portal net',
    { environment: { DNS_SERVER_IP: '10.9.0.10' } },
    'dns.serverIp',
    /inside the portal net 10\.0\.0\.0\/16/,
  ],
  [
    "a DNS server on the API's own service address",
    { environment: { DNS_SERVER_IP: '10.0.0.1' } },
    'dns.serverIp',
    /first two or the last/,
  ],
  [
    'more ready minions than minions',
    { flags: { minReadyMinions: '5' } },
    'minReadyMinions',
    /at most the number of minions, 4/,
  ],
  ['a tag of our own', { flags: { masterTag: 'kubeup-role=x' } }, 'masterTag', /kubeup-/],
  [
    'a container with a slash',
    { flags: { 'release.container': 'a/b' } },
    'release.container',
    /slash/,
  ],
  ['a file that is no mapping', { file: { path: 'f', content: ['x'] } }, 'file', /mapping/],
  [
    'an unlike key',
    { file: { path: 'f', content: { zzzzzzzz: 1 } } },
    'zzzzzzzz',
    /is not a setting \(/,
  ],
  [
    "an environment's name in the file",
    { file: { path: 'f', content: { RAX_NUM_MINIONS: 1 } } },
    'RAX_NUM_MINIONS',
    /did you mean minions/,
  ],
];

for (const [what, sources, field, message] of refusals) {
  test(`Refused: ${what}`, () => {
    assert.match(problemsOf(sources)[field] ?? '(none)', message);
  });
}

test('A proposed cure is one: the range named as large enough is accepted', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), (minions) => {
      const flags = { minions: String(minions), 'network.cidr': '172.16.0.0/31' };
      const told = problemsOf({ flags: { ...flags, podNetwork: '10.240.0.0/24' } });
      const cloud = /a \/(\d+) or larger/.exec(told['network.cidr']!)![1];
      const pods = /a \/(\d+) or larger/.exec(told.podNetwork!)![1];
      const cured = {
        minions: String(minions),
        'network.cidr': `172.16.0.0/${cloud}`,
        podNetwork: `10.128.0.0/${pods}`,
      };
      assert.deepEqual(read({ flags: cured }).problems, []);
    }),
  );
});

test('Whatever is accepted can be addressed: every machine has its range', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 600 }),
      fc.integer({ min: 8, max: 30 }),
      fc.integer({ min: 16, max: 30 }),
      (minions, podPrefix, cloudPrefix) => {
        const podNetwork = podPrefix < 12 ? `10.0.0.0/${podPrefix}` : `10.128.0.0/${podPrefix}`;
        const { problems } = read({
          flags: {
            minions: String(minions),
            podNetwork,
            portalNet: '172.16.0.0/16',
            'network.cidr': `192.168.0.0/${cloudPrefix}`,
          },
        });
        if (problems.length > 0) return;
        const outer = parseCidr(podNetwork)!;
        assert.ok(contains(outer, parseCidr(podRange(podNetwork, minions))!));
      },
    ),
  );
});
