import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { parse } from 'yaml';
import { boot } from '../../../boot/simulated-guest.js';
import type { ClusterDocument } from '../../../client/cluster-document.js';
import { emptyCloud } from '../../durability/cloud-client.js';
import { readConfigDrive, type ConfigDrive } from './config-drive.js';
import { describeOpenStack } from './describe-openstack.js';
import { openRealWorld, type RealWorld } from './real-world.js';

/** What Nova would hand to the guests that its fake driver does not have. */
describeOpenStack('a machine booted on a real OpenStack', () => {
  let real: RealWorld;
  let cluster: ClusterDocument;
  const drives = new Map<string, ConfigDrive>();
  before(async () => {
    real = await openRealWorld();
    cluster = await real.world.document(real.up(2));
    assert.equal(cluster.phase, 'Ready');
    for (const { name, id } of machines()) drives.set(name, await readConfigDrive(id));
  });
  after(() => real.dispose());

  const machines = (): ClusterDocument['minions'][number][] =>
    [cluster.master, ...cluster.minions] as ClusterDocument['minions'];

  const drive = (name: string): ConfigDrive => {
    const found = drives.get(name);
    assert.ok(found, name);
    return found;
  };

  it('has its name, its marks and the key of the cluster', async () => {
    const { keypairs } = await real.project.call<{
      keypairs: { keypair: { name: string; public_key: string } }[];
    }>('compute', 'GET', '/os-keypairs');
    const key = keypairs.find(({ keypair }) => keypair.name === 'id_kubernetes')?.keypair;
    machines().forEach(({ name, id }, index) => {
      const { uuid, hostname, meta, public_keys: keys } = drive(name).metaData;
      assert.equal(uuid, id);
      assert.equal(drive(name).metaData.name, name);
      // Nova adds its own domain.
      assert.equal(hostname.split('.')[0], name);
      assert.equal(meta['kubeup-cluster'], 'kubernetes');
      assert.equal(meta['kubeup-role'], index === 0 ? 'master' : 'minion');
      assert.equal(meta['kubeup-index'], String(index));
      assert.equal(meta.tags, index === 0 ? 'kubernetes-master' : 'kubernetes-minion');
      assert.equal(keys.id_kubernetes?.trim(), key?.public_key.trim());
    });
  });

  it('is on the cloud network, with the address that kubeup tells', async () => {
    for (const { name, id, address } of machines()) {
      const { links, networks } = drive(name).networkData;
      assert.equal(networks.length, 1);
      assert.equal(networks[0]?.link, links[0]?.id);
      const { ports } = await real.project.call<{
        ports: { mac_address: string; network_id: string; fixed_ips: { ip_address: string }[] }[];
      }>('network', 'GET', `/ports?device_id=${id}`);
      assert.equal(ports.length, 1);
      assert.equal(ports[0]?.fixed_ips[0]?.ip_address, address);
      assert.equal(ports[0].mac_address, links[0]?.ethernet_mac_address);
      assert.equal(ports[0].network_id, networks[0]?.network_id);
    }
  });

  it('has user-data that cloud-init reads, with the start script of its role', () => {
    for (const { name } of machines()) {
      const text = drive(name).userData.toString();
      assert.match(text, /^#cloud-config\n/);
      const { hostname, write_files: files } = parse(text, { version: '1.1' }) as {
        hostname: string;
        write_files: { path: string }[];
      };
      const paths = files.map((file) => file.path);
      assert.equal(hostname, name);
      const isMaster = name === cluster.master.name;
      assert.ok(paths.includes(isMaster ? '/root/masterStart.sh' : '/root/minionStart.sh'));
      assert.equal(paths.includes('/etc/kubeup/pki/ca.key'), isMaster);
    }
  });

  it('fetches the release and reports by its signed URLs, and so the cluster is ready', async () => {
    const { world, up } = real;
    const lines: string[] = [];
    for (const { name } of machines()) {
      const { userData, metaData } = drive(name);
      await boot({
        userData,
        metaData,
        addresses: {},
        console: (line) => lines.push(line),
        signal: AbortSignal.timeout(60_000),
      });
    }
    const args = up(2).map((word) => (word === 'active' ? 'ready' : word));
    const { code, phase, conditions, minions } = await world.document(args);
    assert.equal(code, 0, lines.join('\n'));
    assert.equal(phase, 'Ready');
    assert.ok(conditions.every(({ status }) => status === 'True'));
    assert.ok(minions.every((minion) => minion.phase === 'Ready' && minion.attempts === 0));
  });

  it('is gone with its report when the cluster is', async () => {
    assert.equal((await real.world.document(['down'])).phase, 'Gone');
    await real.holds(emptyCloud);
  });
});
