import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readFile, stat } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { program, run } from '../machines/world.js';
import { KubernetesWorld, seconds } from './world.js';

const world = new KubernetesWorld();
const skip =
  process.geteuid?.() === 0 && process.platform === 'linux' ? false : 'needs root on Linux';
const sample = fileURLToPath(new URL('../../examples/one-pod-a-minion.yaml', import.meta.url));
const up = ['up', '--machines', 'linux'];
const minions = [1, 2, 3].map((index) => `kubernetes-minion-${index}`);

describe('a cluster that runs Kubernetes', { skip, timeout: 60 * 60_000 }, () => {
  before(() => world.begin());
  after(() => world.end());

  it('comes up, and its nodes are Ready to whoever has its kubeconfig', async () => {
    const from = Date.now();
    const text = await world.done(...up, '--minions', '3', '--release', world.release);
    console.log(`up, release and image at hand: ${seconds(from)} s`);
    const list = await world.kubectl('get', 'nodes', '--no-headers');
    const ranges = await world.kubectl(
      'get',
      'nodes',
      '--output=jsonpath={.items[*].spec.podCIDR}',
    );
    for (const name of minions) {
      assert.match(list, new RegExp(`^${name} +Ready `, 'm'));
      assert.match(text, new RegExp(`^  node ${name}  Ready  192\\.168\\.`, 'm'));
    }
    assert.equal(ranges, '10.240.1.0/24 10.240.2.0/24 10.240.3.0/24');
    assert.equal((await stat(world.kubeconfig)).mode & 0o777, 0o600);
  });

  it('shows the API only over TLS of its own CA', async () => {
    const config = await readFile(world.kubeconfig, 'utf8');
    const proxy = /proxy-url: (\S+)/.exec(config)?.[1] ?? '';
    const server = /server: (\S+)/.exec(config)?.[1] ?? '';
    const blind = await run('curl', ['-sS', '-p', '-x', proxy, `${server}/readyz`]);
    assert.equal(blind.code, 60, blind.stderr);
  });

  it('is left as it is by a second up', async () => {
    const text = await world.done(...up, '--minions', '3', '--release', world.release);
    assert.doesNotMatch(text, /^ {2}(made|deleted|replaced)/m);
  });

  it('runs one pod of the sample on each minion, each reaching every other in every way', async () => {
    await world.kubectl('apply', '--filename', sample);
    await world.kubectl('rollout', 'status', 'daemonset/who', '--timeout=120s');
    const pods = await world.pods();
    assert.deepEqual(
      pods.map(({ node }) => node),
      minions,
    );
    pods.forEach(({ address }, n) => assert.match(address, new RegExp(`^10\\.240\\.${n + 1}\\.`)));
    const service = await world.kubectl(
      ...['get', 'service', 'who', '--output=jsonpath={.spec.clusterIP}'],
    );
    const nodes = await world.kubectl(
      ...['get', 'nodes', '--output=jsonpath={.items[*].status.addresses[0].address}'],
    );
    const ways = [
      ...[`http://${service}/`, 'http://who/', 'http://who.default.svc.cluster.local/'],
      ...nodes.split(' ').map((node) => `http://${node}:30080/`),
    ];
    for (const from of pods) {
      const direct = await world.ask(
        from.name,
        ...pods.map(({ address }) => `http://${address}:8080/`),
      );
      assert.deepEqual(direct.split('\n'), minions, from.node);
      for (const way of ways) {
        // A service sends each connection to any pod: of so many, some to each.
        const answers = await world.ask(from.name, ...Array.from({ length: 40 }, () => way));
        assert.deepEqual([...new Set(answers.split('\n'))].sort(), minions, `${from.node} ${way}`);
      }
    }
  });

  it('has logs, exec and port-forward', async () => {
    const [one] = await world.pods();
    assert.ok(one);
    assert.match(await world.kubectl('logs', one.name), /the probe of kubernetes-minion-1 listens/);
    const forward = spawn(
      process.execPath,
      [program, 'kubectl', '--', 'port-forward', 'service/who', '28080:80'],
      {
        env: { ...process.env, KUBEUP_HOME: world.home.root },
        stdio: 'ignore',
        detached: true,
      },
    );
    try {
      await world.until('port-forward', async () => {
        const answer = await fetch('http://127.0.0.1:28080/', {
          signal: AbortSignal.timeout(3000),
        });
        return (await answer.text()).startsWith('kubernetes-minion-');
      });
    } finally {
      process.kill(-(forward.pid ?? 0), 'SIGKILL');
    }
  });

  it('keeps user-data and join token from pods, and the token joins nobody any more', async () => {
    const [one] = await world.pods();
    assert.ok(one);
    const asked = await world.tryKubectl(
      ...['exec', one.name, '--', '/probe', 'http://169.254.169.254/openstack/latest/user_data'],
    );
    assert.notEqual(asked.code, 0);
    assert.match(asked.stderr, /no route to host|unreachable|timeout/i);
    const onDisk = await world.on('kubernetes-minion-1', 'ls /etc/kubeup /etc/kubernetes');
    assert.doesNotMatch(onDisk, /join-token|bootstrap/);
    // What the machine was told at its boot is still on its config drive, for root.
    const code = await world.on(
      'kubernetes-minion-1',
      `token=$(grep -oE '\\b[a-z0-9]{6}\\.[a-z0-9]{16}\\b' /var/lib/cloud/seed/config_drive/openstack/latest/user_data | head -n 1)
       test -n "$token"
       . /etc/kubeup/machine.env
       curl -sS -o /dev/null -w '%{http_code}' --cacert /etc/kubeup/pki/ca.crt \\
         -H "Authorization: Bearer $token" https://$KUBEUP_MASTER_ADDRESS:6443/apis/certificates.k8s.io/v1/`,
    );
    assert.equal(code, '401');
  });

  it('has pods again on a minion that was booted anew, and loses nothing with the master', async () => {
    for (const machine of ['kubernetes-minion-1', 'kubernetes-master']) {
      const from = Date.now();
      await world.act(machine, { reboot: { type: 'HARD' } });
      await world.untilStatus(machine, 'ACTIVE');
      await world.until(
        `pods answer after ${machine} was booted anew`,
        async () => {
          const [one, two, three] = await world.pods();
          if (!one || !two || !three) return false;
          return (await world.ask(two.name, `http://${one.address}:8080/`)) === one.node;
        },
        240,
      );
      console.log(`${machine} booted anew, pods answer: ${seconds(from)} s`);
    }
  });

  it('loses two minions and gains one, each drained and its Node deleted', async () => {
    await world.done('scale', '--minions', '1');
    assert.equal(await world.kubectl('get', 'nodes', '--output=name'), 'node/kubernetes-minion-1');
    await world.kubectl(
      '--namespace=kube-system',
      'rollout',
      'status',
      'deployment/coredns',
      '--timeout=120s',
    );
    const [one] = await world.pods();
    assert.equal(await world.ask(one?.name ?? '', 'http://who/'), 'kubernetes-minion-1');
    const from = Date.now();
    await world.done('scale', '--minions', '2');
    console.log(`one minion more: ${seconds(from)} s`);
  });

  it('is gone without a trace', async () => {
    await world.done('down');
    await world.done('local', 'stop');
    assert.deepEqual(await world.leftovers(), []);
  });
});
