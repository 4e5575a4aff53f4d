import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inNamespace, MachinesWorld, run } from './world.js';

const world = new MachinesWorld();
const skip =
  process.geteuid?.() === 0 && process.platform === 'linux' ? false : 'needs root on Linux';

/** A pod: a network namespace on a machine's bridge, as a container runtime would make it. It serves its own name. */
const pod = (index: number): string => `
  set -e; . /run/kubeup/network.env
  ip netns add pod; ip link add pod0 type veth peer name eth0 netns pod
  ip link set pod0 mtu "$KUBEUP_POD_MTU" master cbr0 up
  ip -n pod link set eth0 mtu "$KUBEUP_POD_MTU" up
  ip -n pod addr add 10.240.${index}.9/24 dev eth0; ip -n pod route add default via 10.240.${index}.1
  systemd-run --quiet --unit=pod ip netns exec pod socat TCP-LISTEN:8000,fork,reuseaddr SYSTEM:'echo pod ${index}'`;
const ping = (index: number, options = ''): string =>
  `ip netns exec pod ping -c 2 -W 2 ${options} 10.240.${index}.9`;
const ask = (index: number): string =>
  `ip netns exec pod socat -T 5 -u TCP:10.240.${index}.9:8000,connect-timeout=5 -`;

/** Counts, in this host's own network, what should only ever be inside the namespaces. */
const WITNESS = `table inet kubeup_witness {
  set inside { type ipv4_addr; flags interval; elements = { 192.168.0.0/24, 10.240.0.0/16, 169.254.0.0/16 } }
  chain out {
    type filter hook postrouting priority 300; policy accept;
    ip saddr @inside counter
    ip daddr @inside counter
  }
}`;

const removeWitness = (): Promise<unknown> =>
  run('nft', ['delete', 'table', 'inet', 'kubeup_witness']);

describe('a cluster of machines that really boot', { skip, timeout: 40 * 60_000 }, () => {
  before(async () => {
    await world.begin();
    assert.deepEqual(await world.leftovers(), []);
    await removeWitness();
  });

  after(async () => {
    await removeWitness();
    await world.end();
  });

  it('comes up: one master and three minions', async () => {
    await world.done('local', 'start', '--machines', 'linux');
    const witness = await run('bash', ['-c', `nft -f - <<'END'\n${WITNESS}\nEND`]);
    assert.equal(witness.code, 0, witness.stderr);
    const from = Date.now();
    await world.done('up', '--machines', 'linux', '--minions', '3');
    console.log(`up with the image at hand: ${((Date.now() - from) / 1000).toFixed(1)} s`);
    const routes = await world.on('kubernetes-minion-2', 'ip route');
    assert.match(routes, /^10\.240\.0\.0\/16 dev cbr0 scope link/m);
    assert.doesNotMatch(routes, /^default/m);
  });

  it('gives machines what the config drive says, and cloud-init accepts it', async () => {
    const said = await world.on(
      'minion-1',
      `cloud-init schema --system; hostname
       stat -c '%a %n' /etc/kubeup/machine.env /etc/ssh/ssh_host_ed25519_key; ls /etc/ssh/ssh_host_*_key
       cd /var/lib/cloud/seed/config_drive && ls openstack && cat openstack/latest/meta_data.json`,
    );
    assert.match(said, /Valid cloud-config: system userdata/);
    assert.match(said, /^kubernetes-minion-1$/m);
    assert.match(said, /^600 \/etc\/kubeup\/machine.env$/m);
    assert.doesNotMatch(said, /ssh_host_rsa_key/);
    assert.match(said, /"kubeup-role":"minion"/);
    assert.match(said, /^2018-08-27$/m);
  });

  it('takes a machine for none but itself', async () => {
    const { id } = await world.server('kubernetes-minion-1');
    await world.on(
      'minion-1',
      'ssh-keygen -q -t ed25519 -N "" -f /tmp/k && cp /tmp/k /etc/ssh/ssh_host_ed25519_key && systemctl restart ssh',
    );
    const refused = await world.kubeup('ssh', 'minion-1', '--', 'true');
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /[Hh]ost/, `${id}: ${refused.stderr}`);
    // A reboot does not heal it: cloud-init writes host keys once. The next test replaces the machine.
  });

  it('starts a machine that was killed when it was ready', async () => {
    const killed = await world.server('kubernetes-minion-2');
    await world.killMachine('kubernetes-minion-2');
    await world.untilStatus('kubernetes-minion-2', 'SHUTOFF');
    const said = await world.done('up', '--machines', 'linux', '--minions', '3');
    assert.match(said, /started server kubernetes-minion-2/);
    assert.equal((await world.server('kubernetes-minion-2')).id, killed.id);
    await world.eventually('minion-2', 'systemctl is-active kubeup-start.service');
  });

  it('replaces a machine that is gone; its successor has its pod range', async () => {
    const gone = await world.server('kubernetes-minion-1');
    const cloud = await world.cloud();
    await cloud.call('compute', 'DELETE', `/servers/${gone.id}`);
    await world.untilStatus('kubernetes-minion-1', 'none');
    await world.done('up', '--machines', 'linux', '--minions', '3');
    assert.notEqual((await world.server('kubernetes-minion-1')).id, gone.id);
    assert.match(await world.on('minion-1', 'ip -brief -4 address show cbr0'), /10\.240\.1\.1\/24/);
  });

  it('joins pods across machines under both filters, with the largest packet and no larger one', async () => {
    for (const index of [1, 2]) await world.on(`minion-${index}`, pod(index));
    const before = await world.drops();
    await world.on('minion-1', ping(2));
    await world.on('minion-2', ping(1));
    assert.equal(await world.on('minion-1', ask(2)), 'pod 2');
    assert.equal(await world.on('minion-2', ask(1)), 'pod 1');
    const mtu = Number(
      await world.on('minion-1', '. /run/kubeup/network.env; echo $KUBEUP_POD_MTU'),
    );
    // 20 bytes of IPv4 header and 8 of ICMP.
    await world.on('minion-1', ping(2, `-M do -s ${mtu - 28}`));
    const larger = await world.kubeup('ssh', 'minion-1', '--', ping(2, `-M do -s ${mtu - 27}`));
    assert.notEqual(larger.code, 0);
    assert.deepEqual(await world.drops(), before);
  });

  it('does not join them without vxlan: the filters drop what has a foreign address or MAC', async () => {
    const address = await world.on(
      'minion-2',
      '. /run/kubeup/network.env; echo $KUBEUP_CLOUD_ADDRESS',
    );
    const before = await world.drops();
    await world.on(
      'minion-1',
      `ip link set vxlan42 down; ip route add 10.240.2.0/24 via ${address}`,
    );
    const routed = await world.kubeup('ssh', 'minion-1', '--', ping(2));
    assert.notEqual(routed.code, 0);
    const afterRouting = await world.drops();
    assert.ok(afterRouting.foreign_ipv4! > before.foreign_ipv4!);
    await world.on(
      'minion-1',
      `python3 -c "
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('eth0', 0))
s.send(b'\\xff' * 6 + b'\\x02\\x00\\x00\\x00\\x00\\x07' + b'\\x08\\x00' + b'\\x45' + b'\\x00' * 45)"`,
    );
    assert.equal((await world.drops()).foreign_mac, before.foreign_mac! + 1);
    await world.on('minion-1', 'ip route del 10.240.2.0/24; ip link set vxlan42 up');
    await world.eventually('minion-1', ping(2));
  });

  it('joins a minion that comes later, both ways, and forgets one that goes', async () => {
    await world.done('scale', '--minions', '4');
    await world.on('minion-4', pod(4));
    await world.eventually('minion-4', ping(1));
    await world.eventually('minion-1', ping(4));
    await world.done('scale', '--minions', '3');
    assert.doesNotMatch(await world.on('minion-1', 'ip route'), /10\.240\.4\./);
  });

  it('lets a machine join again after a hard reboot, and the start script finds its work done', async () => {
    await world.act('kubernetes-minion-2', { reboot: { type: 'HARD' } });
    await world.untilStatus('kubernetes-minion-2', 'ACTIVE');
    await world.eventually('minion-2', 'systemctl is-active kubeup-start.service');
    const log = await world.on(
      'minion-2',
      'tail -n 3 /var/log/kubeup-start.log; ip route; ip link show vxlan42',
    );
    assert.match(log, /is installed already/);
    assert.match(log, /^10\.240\.0\.0\/16 dev cbr0/m);
    await world.on('minion-2', pod(2));
    await world.eventually('minion-1', ping(2));
    const console = await consoleOf('kubernetes-minion-2');
    assert.match(console, /Reached target/);
  });

  it('stops and starts machines, and reboots them from inside', async () => {
    await world.act('kubernetes-minion-3', { 'os-stop': null });
    await world.untilStatus('kubernetes-minion-3', 'SHUTOFF');
    assert.deepEqual(await world.machinePids('kubernetes-minion-3'), []);
    await world.act('kubernetes-minion-3', { 'os-start': null });
    await world.untilStatus('kubernetes-minion-3', 'ACTIVE');
    // Its cables are made anew each time; once they were taken for good while their ends were still going away.
    for (let i = 0; i < 5; i++) {
      await world.act('kubernetes-minion-3', { reboot: { type: 'HARD' } });
      await world.untilStatus('kubernetes-minion-3', 'HARD_REBOOT');
      await world.untilStatus('kubernetes-minion-3', 'ACTIVE');
    }
    const first = await world.eventually(
      'minion-3',
      'cat /proc/sys/kernel/random/boot_id; journalctl --list-boots --quiet | wc -l',
    );
    await world.kubeup('ssh', 'minion-3', '--', 'systemctl reboot');
    await world.eventually(
      'minion-3',
      `[ "$(journalctl --list-boots --quiet | wc -l)" -gt ${first.split('\n').at(-1)} ]`,
    );
    assert.equal((await world.server('kubernetes-minion-3')).status, 'ACTIVE');
  });

  it('reaches a minion through the master, and each only with its own host key', async () => {
    const minion = await machine('kubernetes-minion-2');
    const master = await machine('kubernetes-master');
    assert.equal(await jump(minion, master), `kubernetes-minion-2 from ${master.address}`);
    const foreign = await machine('kubernetes-minion-1');
    await assert.rejects(
      jump({ ...minion, metadata: foreign.metadata }, master),
      /log in to kubernetes-minion-2.*Host denied/s,
    );
  });

  it('keeps machines running when the cloud is killed, and finds them again', async () => {
    const pids = await world.machinePids('kubernetes-minion-1');
    process.kill(await world.cloudPid(), 'SIGKILL');
    await world.done('local', 'start');
    assert.equal(await world.on('minion-1', 'cat /proc/1/comm'), 'systemd');
    assert.deepEqual(
      (await world.machinePids('kubernetes-minion-1')).filter((pid) => pids.includes(pid)).length >
        0,
      true,
    );
    await world.done('up', '--machines', 'linux', '--minions', '3');
  });

  it('let no packet out of the namespaces', async () => {
    for (const name of [
      world.names.switch,
      ...(await run('ip', ['netns', 'list'])).stdout
        .split('\n')
        .map((line) => line.split(' ')[0] ?? '')
        .filter((name) => name.startsWith(`${world.names.prefix}-`)),
    ]) {
      await assert.rejects(
        inNamespace(name, 'ip', 'route', 'get', '192.0.2.1'),
        /unreachable/,
        name,
      );
    }
    const { stdout } = await run('nft', ['list', 'table', 'inet', 'kubeup_witness']);
    assert.deepEqual(
      [...stdout.matchAll(/counter packets (\d+)/g)].map(([, n]) => n),
      ['0', '0'],
    );
  });

  it('leaves nothing on the host when it is stopped, also after the cloud was killed', async () => {
    process.kill(await world.cloudPid(), 'SIGKILL');
    assert.notDeepEqual(await world.leftovers(), []);
    await world.done('local', 'stop');
    assert.deepEqual(await world.leftovers(), []);
  });
});

async function consoleOf(name: string): Promise<string> {
  const { id } = await world.server(name);
  const cloud = await world.cloud();
  const { output } = await cloud.call<{ output: string }>(
    'compute',
    'POST',
    `/servers/${id}/action`,
    {
      'os-getConsoleOutput': { length: 200 },
    },
  );
  return output;
}

interface Machine {
  name: string;
  address: string;
  metadata: Record<string, string>;
}

async function machine(name: string): Promise<Machine> {
  const { id } = await world.server(name);
  const cloud = await world.cloud();
  const { server } = await cloud.call<{
    server: {
      metadata: Record<string, string>;
      addresses: Record<string, { addr: string }[]>;
    };
  }>('compute', 'GET', `/servers/${id}`);
  const address = Object.values(server.addresses).flat()[0]?.addr ?? '';
  return { name, address, metadata: server.metadata };
}

/** Logs in to the minion from where its network is reached, with the master alone taken for reachable. */
async function jump(minion: Machine, master: Machine): Promise<string> {
  const network = { label: 'kubernetes-pool-net', cidr: `${minion.address}/32` };
  const { networks } = await (
    await world.cloud()
  ).call<{ networks: { id: string }[] }>('network', 'GET', `/networks?name=${network.label}`);
  const input = {
    spec: { name: 'kubernetes', network },
    minion: { ...minion, addresses: { [network.label]: [minion.address] } },
    master: { ...master, addresses: { public: [master.address] } },
  };
  const script = fileURLToPath(new URL('jump.ts', import.meta.url));
  const said = await inNamespace(
    world.names.network(networks[0]!.id),
    ...['env', `KUBEUP_HOME=${world.home.root}`],
    ...[process.execPath, '--import', 'tsx', script, JSON.stringify(input)],
  );
  return said.trim();
}
