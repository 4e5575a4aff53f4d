import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { parseMachineEnv } from '../../boot/machine-env.js';
import {
  type BootInput,
  MAX_USER_DATA_BYTES,
  renderUserData,
  userDataBytes,
} from '../../boot/user-data.js';
import { masterInput, minionInput } from './boot-input.js';

interface WrittenFile {
  path: string;
  owner: string;
  permissions: string;
  content: string;
}

interface CloudConfig {
  hostname: string;
  manage_etc_hosts: boolean;
  write_files: WrittenFile[];
  runcmd: string[][];
  ssh_authorized_keys?: string[];
}

/** As cloud-init reads it: YAML 1.1. */
function read(input: BootInput): CloudConfig & { file(path: string): WrittenFile } {
  const text = renderUserData(input);
  assert.ok(text.startsWith('#cloud-config\n'));
  const config = parse(text, { version: '1.1' }) as CloudConfig;
  return {
    ...config,
    file: (path) => {
      const file = config.write_files.find((written) => written.path === path);
      assert.ok(file, `${path} is written`);
      return file;
    },
  };
}

test('a minion is told all it needs', () => {
  const config = read(minionInput({ sshPublicKey: 'ssh-ed25519 AAAA me@there' }));
  assert.equal(config.hostname, 'kubernetes-minion-2');
  assert.equal(config.manage_etc_hosts, true);
  assert.deepEqual(config.ssh_authorized_keys, ['ssh-ed25519 AAAA me@there']);
  assert.deepEqual(config.runcmd, [
    ['bash', '-c', 'exec /root/minionStart.sh >>/var/log/kubeup-start.log 2>&1'],
  ]);
  const env = config.file('/etc/kubeup/machine.env');
  assert.equal(env.permissions, '0600');
  const input = minionInput();
  assert.deepEqual(parseMachineEnv(env.content), {
    KUBEUP_CLUSTER: 'kubernetes',
    KUBEUP_ROLE: 'minion',
    KUBEUP_INDEX: '2',
    KUBEUP_NAME: 'kubernetes-minion-2',
    KUBEUP_POD_RANGE: '10.240.2.0/24',
    KUBEUP_POD_NETWORK: '10.240.0.0/16',
    KUBEUP_PORTAL_NET: '10.0.0.0/16',
    KUBEUP_CLOUD_NETWORK: '192.168.0.0/24',
    KUBEUP_DNS_ENABLED: 'true',
    KUBEUP_DNS_SERVER_IP: '10.0.0.10',
    KUBEUP_DNS_DOMAIN: 'cluster.local',
    KUBEUP_DNS_REPLICAS: '1',
    KUBEUP_MASTER_ADDRESS: '192.168.0.3',
    KUBEUP_DEADLINE: '1900000000',
    KUBEUP_RELEASE_SHA256: 'a'.repeat(64),
    KUBEUP_RELEASE_BYTES: '1000',
    KUBEUP_RELEASE_URL: input.release.url,
    KUBEUP_REPORT_URL: input.reportUrl,
  });
  assert.equal(config.file('/etc/kubeup/pki/ca.crt').content, input.ca.certificate);
  const token = config.file('/etc/kubeup/join-token');
  assert.deepEqual([token.content, token.permissions], ['abcdef.0123456789abcdef\n', '0600']);
  assert.equal(
    config.write_files.some(({ path }) => path.endsWith('.key')),
    false,
  );
  const salt = config.file('/etc/salt/minion.d/kubeup.conf');
  assert.deepEqual(parse(salt.content), {
    master: '192.168.0.3',
    id: 'kubernetes-minion-2',
    grains: { roles: ['kubernetes-pool'], cluster: 'kubernetes', 'cbr-cidr': '10.240.2.0/24' },
  });
});

test('a master gets its own script and no Salt master', () => {
  const config = read(masterInput());
  const paths = config.write_files.map((file) => file.path);
  assert.deepEqual(paths, [
    '/etc/kubeup/machine.env',
    '/etc/kubeup/pki/ca.crt',
    '/etc/kubeup/pki/ca.key',
    '/usr/local/lib/kubeup/machine.sh',
    '/usr/local/lib/kubeup/pod-network.sh',
    '/root/masterStart.sh',
  ]);
  assert.equal(config.file('/etc/kubeup/pki/ca.key').permissions, '0600');
  assert.equal(config.runcmd[0]?.[2]?.includes('/root/masterStart.sh'), true);
  assert.equal(config.ssh_authorized_keys, undefined);
});

test('the scripts arrive byte for byte', () => {
  for (const [input, script] of [
    [masterInput(), 'masterStart.sh'],
    [minionInput(), 'minionStart.sh'],
  ] as const) {
    const config = read(input);
    const source = (name: string): string =>
      readFileSync(new URL(`../../boot/${name}`, import.meta.url), 'utf8');
    assert.equal(config.file(`/root/${script}`).content, source(script));
    assert.equal(config.file(`/root/${script}`).permissions, '0700');
    for (const part of ['machine.sh', 'pod-network.sh']) {
      assert.equal(config.file(`/usr/local/lib/kubeup/${part}`).content, source(part));
    }
    assert.equal(config.file('/usr/local/lib/kubeup/pod-network.sh').permissions, '0755');
  }
});

test('words of YAML 1.1 stay words, whatever the values', () => {
  for (const cluster of [
    'yes',
    '0600',
    'null',
    '1e3',
    '12:30:45',
    '~',
    '# no',
    '- a',
    '{{x}}',
    "'",
  ]) {
    const config = read(minionInput({ cluster }));
    const salt = parse(config.file('/etc/salt/minion.d/kubeup.conf').content, {
      version: '1.1',
    }) as {
      grains: { cluster: unknown };
    };
    assert.equal(salt.grains.cluster, cluster);
  }
  assert.equal(read(minionInput({ name: '007' })).hostname, '007');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (domain) => {
      fc.pre(!domain.includes('\0'));
      const dns = { ...minionInput().dns, domain };
      const env = read(minionInput({ dns })).file('/etc/kubeup/machine.env');
      assert.equal(parseMachineEnv(env.content).KUBEUP_DNS_DOMAIN, domain);
    }),
  );
});

test('user-data stays far below the limit, and is measured as Nova does', () => {
  assert.ok(userDataBytes(renderUserData(minionInput())) < MAX_USER_DATA_BYTES / 2);
  assert.equal(userDataBytes('é'), 2);
  assert.ok(Buffer.alloc(MAX_USER_DATA_BYTES).toString('base64').length <= 65_535);
  assert.ok(Buffer.alloc(MAX_USER_DATA_BYTES + 1).toString('base64').length > 65_535);
});

test('an impossible value is refused by name, and not shown', () => {
  const release = minionInput().release;
  const wrong: [string, Partial<BootInput>][] = [
    ['name', { name: 'a b' }],
    ['cluster', { cluster: 'a\nb' }],
    ['podRange', { podRange: '10.240.2.0' }],
    ['masterAddress', { masterAddress: undefined }],
    ['release.sha256', { release: { ...release, sha256: 'A'.repeat(64) } }],
    ['release.bytes', { release: { ...release, bytes: 0 } }],
    ['release.url', { release: { ...release, url: 'http://h/s3cret"\nheader = "x' } }],
    ['reportUrl', { reportUrl: 'file:///s3cret' }],
    ['sshPublicKey', { sshPublicKey: 'ssh-ed25519 AAAA\nroot' }],
  ];
  for (const [field, changes] of wrong) {
    assert.throws(
      () => renderUserData(minionInput(changes)),
      (error: Error) => error.message.includes(field) && !error.message.includes('s3cret'),
    );
  }
});
