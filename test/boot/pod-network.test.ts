import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/*
 * Two machines on one cloud network, one pod on each, all of them network namespaces inside one user namespace: no
 * way leads out of it.
 */
const SCENE = `
set -euo pipefail
mount -t tmpfs none /run
mkdir /run/netns
inside() { nsenter --net=/run/netns/"$1" "\${@:2}"; }
ip link add name switch type bridge
ip link set switch up
for i in 1 2; do
  ip netns add machine$i
  ip netns add pod$i
  ip -n machine$i link set lo up
  ip link add name port$i type veth peer name eth2 netns machine$i
  ip link set port$i master switch up
  ip -n machine$i addr add 192.168.0.1$i/24 dev eth2
  ip -n machine$i link set eth2 mtu "$CLOUD_MTU" up
  mkdir -p /run/root$i/etc/kubeup
  printf "KUBEUP_CLOUD_NETWORK='192.168.0.0/24'\\nKUBEUP_POD_RANGE='10.240.$i.0/24'\\n\\
KUBEUP_POD_NETWORK='10.240.0.0/16'\\n" >/run/root$i/etc/kubeup/machine.env
  for run in first second; do
    KUBEUP_ROOT=/run/root$i inside machine$i bash "$SCRIPT" >/dev/null
  done
  . /run/root$i/run/kubeup/network.env
  ip -n machine$i link add name pod type veth peer name eth0 netns pod$i
  ip -n machine$i link set pod mtu "$KUBEUP_POD_MTU" master cbr0 up
  ip -n pod$i addr add 10.240.$i.5/24 dev eth0
  ip -n pod$i link set eth0 mtu "$KUBEUP_POD_MTU" up
  ip -n pod$i route add default via "$KUBEUP_POD_GATEWAY"
done
# The metadata service, one hop behind machine 1.
ip -n machine2 addr add 169.254.169.254/32 dev lo
ip -n machine1 route add 169.254.169.254 via 192.168.0.12

# Each answers with its caller's address and 100 kB.
SERVER='require("net").createServer((s) => s.end(s.remoteAddress + "\\n" + "x".repeat(1e5))).listen(80, "0.0.0.0", () => console.log("up"))'
serve() { exec {ready}< <(inside "$1" node -e "$SERVER"); read -r -u "$ready"; }
serve pod1; serve pod2; serve machine2
ask() { inside "$1" bash --norc -c "exec 3<>/dev/tcp/$2/80 && read -r a <&3 && printf '%s ' \\$a && wc -c <&3" || echo refused; }
echo "pod1 to pod2: $(ask pod1 10.240.2.5)"
echo "pod2 to pod1: $(ask pod2 10.240.1.5)"
echo "machine1 to pod2: $(ask machine1 10.240.2.5)"
echo "machine1 to metadata: $(ask machine1 169.254.169.254)"
echo "pod1 to metadata: $(ask pod1 169.254.169.254)"
echo "rules: $(ip -n machine1 rule show iif cbr0 | wc -l)"
echo "mtu: $KUBEUP_POD_MTU"
kill $(jobs -p) 2>/dev/null || true
`;

const NAMESPACE = [
  '--user',
  '--map-root-user',
  '--net',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
];
const able = spawnSync('unshare', [
  ...NAMESPACE,
  'bash',
  '-c',
  'mount -t tmpfs none /run && mkdir /run/netns && ip netns add a',
]);
const skip = able.status === 0 ? false : 'needs unshare, ip, and user namespaces';

for (const [cloudMtu, podMtu] of [
  [1500, 1450],
  [1450, 1400],
  [9000, 1450],
] as const) {
  test(`pods reach each other over a cloud network of MTU ${cloudMtu}`, { skip }, () => {
    const run = spawnSync('unshare', [...NAMESPACE, 'bash', '--norc', '-c', SCENE], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        SCRIPT: fileURLToPath(new URL('../../boot/pod-network.sh', import.meta.url)),
        CLOUD_MTU: String(cloudMtu),
      },
    });
    assert.deepEqual(
      run.stdout.trim().split('\n'),
      [
        'pod1 to pod2: 10.240.1.5 100000',
        'pod2 to pod1: 10.240.2.5 100000',
        'machine1 to pod2: 10.240.1.1 100000',
        'machine1 to metadata: 192.168.0.11 100000',
        'pod1 to metadata: refused',
        'rules: 1',
        `mtu: ${podMtu}`,
      ],
      run.stderr,
    );
    assert.equal(run.status, 0, run.stderr);
  });
}
