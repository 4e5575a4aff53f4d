import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { admitMinion, endAdmission } from '../../activities/admission.js';
import { findApi, withKubeApi } from '../../activities/kube-api.js';
import { ensureNetwork } from '../../activities/network.js';
import { retireMinions } from '../../activities/nodes.js';
import { verifyDns, verifyNodes, verifyPodNetwork } from '../../activities/verify-kubernetes.js';
import { KubeupError } from '../../cluster/errors.js';
import { joinToken } from '../../home/join-token.js';
import { failureOf } from '../cloud/calls.js';
import { bootMachine, localCloud } from './local-cloud.js';
import { rootSecret, startApi, type TestApi } from './kubernetes-api.js';

async function withApi(run: (api: TestApi) => Promise<void>, signedBy?: Buffer): Promise<void> {
  const api = await startApi(signedBy);
  try {
    await run(api);
  } finally {
    await api.close();
  }
}

function busyFor(retryAfterSeconds: number): KubeupError {
  return new KubeupError({
    kind: 'transient',
    reason: 'RateLimited',
    attempted: 'look for the master',
    message: 'HTTP 429',
    cure: 'Wait',
    retryAfterSeconds,
  });
}

const secrets = '/api/v1/namespaces/kube-system/secrets';
const probes = '/api/v1/namespaces/kube-system/pods';

test('a master on the cloud network alone is reached through a proxy, and never without one', async (t) => {
  const scene = await localCloud(t);
  const { dependencies, spec } = scene;
  assert.equal((await failureOf(findApi(dependencies, spec))).reason, 'MasterMissing');
  const { id } = await ensureNetwork(dependencies, spec);
  await bootMachine(scene, 'master', 0, [id]);
  const failure = await failureOf(findApi(dependencies, spec));
  assert.deepEqual([failure.kind, failure.reason], ['blocked', 'MasterUnreachable']);
  assert.match(failure.cure, /KUBEUP_MACHINE_PROXY/);
  const proxied = { ...dependencies, machineProxy: 'http://proxy.example:3128' };
  assert.match(await findApi(proxied, spec), /^https:\/\/192\.168\.0\.\d+:6443$/);
});

test('the worker is an administrator by a certificate of the CA, and verifies the server by it', async () => {
  await withApi(async ({ dependencies, spec, answers, asked }) => {
    answers.set('GET /readyz', { status: 200, body: 'ok' });
    assert.equal(await withKubeApi(dependencies, spec, (api) => api.getText('/readyz')), 'ok');
    assert.equal(asked[0]?.client, 'kubeup-worker/system:masters');
  });
});

test(
  'a proxy that says nothing is not waited for longer than an API',
  { timeout: 20_000 },
  async (t) => {
    const silent = createServer().listen(0, '127.0.0.1');
    t.after(() => silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await withApi(async ({ dependencies, spec }) => {
      const machineProxy = `http://127.0.0.1:${port}`;
      const asking = withKubeApi({ ...dependencies, machineProxy }, spec, (api) =>
        api.getText('/'),
      );
      assert.equal((await failureOf(asking)).reason, 'ApiUnreachable');
    });
  },
);

test('a server with a certificate of another CA is not believed', async () => {
  await withApi(
    async ({ dependencies, spec, asked }) => {
      await assert.rejects(
        withKubeApi(dependencies, spec, (api) => api.getText('/readyz')),
        ({ failure }: KubeupError) =>
          failure.kind === 'blocked' && failure.reason === 'ApiNotTrusted',
      );
      assert.deepEqual(asked, []);
    },
    Buffer.alloc(32, 9),
  );
});

test('a minion is admitted by the token of its boot, for its time only, and then no more', async () => {
  await withApi(async ({ dependencies, spec, answers, asked }) => {
    const request = { spec, index: 2, bootId: 'boot' };
    const { id, secret } = joinToken(rootSecret, 'c', 'boot');
    answers.set(`POST ${secrets}`, { status: 201, body: {} });
    await admitMinion(dependencies, request);
    const { stringData } = asked[0]?.body as { stringData: Record<string, string> };
    assert.deepEqual([stringData['token-id'], stringData['token-secret']], [id, secret]);
    assert.equal(stringData['auth-extra-groups'], 'system:bootstrappers:kubeup');
    const left = Date.parse(stringData.expiration ?? '') - Date.now();
    assert.ok(left > 590_000 && left <= 600_000, `${left} ms`);

    answers.set(`DELETE ${secrets}/bootstrap-token-${id}`, { status: 200, body: {} });
    await endAdmission(dependencies, request);
    await endAdmission(dependencies, { ...request, bootId: 'never admitted' });
    assert.equal(asked[1]?.path, `${secrets}/bootstrap-token-${id}`);
  });
});

test('an admission waits for an API server that has no namespaces yet', async () => {
  await withApi(async ({ dependencies, spec, answers, asked }) => {
    const admitted = admitMinion(dependencies, { spec, index: 1, bootId: 'boot' });
    while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    answers.set(`POST ${secrets}`, { status: 201, body: {} });
    await admitted;
    assert.ok(asked.length > 1);
  });
});

test('many admissions that wait ask the cloud for the master once', async (t) => {
  const scene = await localCloud(t);
  const { id } = await ensureNetwork(scene.dependencies, scene.spec);
  await bootMachine(scene, 'master', 0, [id]);
  // Nothing answers there.
  const dependencies = { ...scene.dependencies, machineProxy: 'http://127.0.0.1:9' };
  const spec = { ...scene.spec, machineTimeoutSeconds: 3 };
  await scene.server.admin('DELETE', '/requests');
  const admissions = [1, 2, 3, 4, 5].map((index) =>
    failureOf(admitMinion(dependencies, { spec, index, bootId: `boot ${index}` })),
  );
  for (const { reason } of await Promise.all(admissions)) assert.equal(reason, 'ApiUnreachable');
  const asked = (await scene.server.admin('GET', '/requests')).json<Record<string, number>>();
  assert.equal(asked['GET compute /servers/detail'], 1);
});

test('an admission asks a cloud that is busy again when the cloud said to', async () => {
  await withApi(async ({ dependencies, spec, answers }) => {
    const { compute } = dependencies.cloud;
    const listServers = compute.listServers.bind(compute);
    const begun = Date.now();
    const askedAfter: number[] = [];
    compute.listServers = () => {
      askedAfter.push(Date.now() - begun);
      return askedAfter.length === 1 ? Promise.reject(busyFor(3)) : listServers();
    };
    answers.set(`POST ${secrets}`, { status: 201, body: {} });
    await admitMinion(dependencies, { spec, index: 1, bootId: 'boot' });
    assert.equal(askedAfter.length, 2);
    assert.ok(askedAfter[1]! >= 2_990, `${askedAfter[1]} ms`);
  });
});

test('an admission waits while there is no master: it may be being replaced', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  await withApi(async ({ dependencies, spec, answers }) => {
    const { compute } = dependencies.cloud;
    const listServers = compute.listServers.bind(compute);
    let asked = 0;
    compute.listServers = () => {
      asked += 1;
      return asked === 1 ? Promise.resolve([]) : listServers();
    };
    answers.set(`POST ${secrets}`, { status: 201, body: {} });
    const admitted = admitMinion(dependencies, { spec, index: 1, bootId: 'boot' });
    while (asked === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    t.mock.timers.tick(15_000);
    await admitted;
    assert.equal(asked, 2);
  });
});

test('a master that stays missing is what an admission ends with at its deadline', async (t) => {
  const { dependencies, spec } = await localCloud(t);
  const request = { spec: { ...spec, machineTimeoutSeconds: 2 }, index: 1, bootId: 'boot' };
  const begun = Date.now();
  const failure = await failureOf(admitMinion(dependencies, request));
  assert.deepEqual([failure.kind, failure.reason], ['blocked', 'MasterMissing']);
  assert.ok(Date.now() - begun >= 1_900);
});

test('a second admission of the same boot gives the token its whole time again', async () => {
  await withApi(async ({ dependencies, spec, answers, asked }) => {
    const { id } = joinToken(rootSecret, 'c', 'boot');
    answers.set(`POST ${secrets}`, { status: 409, body: {} });
    answers.set(`PATCH ${secrets}/bootstrap-token-${id}`, { status: 200, body: {} });
    await admitMinion(dependencies, { spec, index: 1, bootId: 'boot' });
    assert.deepEqual(
      asked.map(({ method }) => method),
      ['POST', 'PATCH'],
    );
  });
});

test('a minion is cordoned, drained of what can move, and deleted', async () => {
  await withApi(async ({ dependencies, spec, answers, asked }) => {
    const pod = (name: string, kind: string): object => ({
      metadata: { name, namespace: 'default', ownerReferences: [{ kind }] },
      status: { phase: 'Running' },
    });
    const list = 'GET /api/v1/pods?fieldSelector=spec.nodeName=c-minion-1';
    const eviction = 'POST /api/v1/namespaces/default/pods/web/eviction';
    answers.set('PATCH /api/v1/nodes/c-minion-1', { status: 200, body: {} });
    answers.set('DELETE /api/v1/nodes/c-minion-1', { status: 200, body: {} });
    answers.set(list, {
      status: 200,
      body: { items: [pod('web', 'ReplicaSet'), pod('probe', 'DaemonSet')] },
    });
    // The first try meets a disruption budget.
    answers.set(eviction, { status: 429, body: {} });
    const retiring = retireMinions(dependencies, { spec, indexes: [1, 2] });
    while (!asked.some(({ path }) => path.endsWith('/eviction'))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    answers.set(list, { status: 200, body: { items: [pod('probe', 'DaemonSet')] } });
    // Minion 2 never joined: 404 to its patch.
    assert.deepEqual(await retiring, { retired: ['c-minion-1'] });
    const calls = asked.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(
      calls.filter((call) => call === eviction || call.startsWith('DELETE')),
      [
        eviction,
        'DELETE /api/v1/nodes/c-minion-1',
        'DELETE /api/v1/namespaces/default/pods/probe?gracePeriodSeconds=0',
      ],
    );
    assert.deepEqual(asked[0]?.body, { spec: { unschedulable: true } });
  });
});

test('an API that does not answer is asked again before minions are given up undrained', async () => {
  await withApi(async (api) => {
    // Nothing answers there.
    const dependencies = { ...api.dependencies, machineProxy: 'http://127.0.0.1:9' };
    const retire = (attempt: number): Promise<unknown> =>
      new MockActivityEnvironment({ attempt }).run(() =>
        retireMinions(dependencies, { spec: api.spec, indexes: [1] }),
      );
    for (const attempt of [1, 6]) {
      const { kind, reason } = await failureOf(retire(attempt));
      assert.deepEqual([kind, reason], ['transient', 'ApiUnreachable']);
    }
    assert.deepEqual(await retire(7), { retired: [] });
  });
});

test('pods are forgotten of a minion whose Node an attempt before has deleted', async () => {
  await withApi(async ({ dependencies, spec, answers, asked }) => {
    const pod = { metadata: { name: 'web', namespace: 'default' }, status: { phase: 'Running' } };
    answers.set('GET /api/v1/pods?fieldSelector=spec.nodeName=c-minion-1', {
      status: 200,
      body: { items: [pod] },
    });
    await retireMinions(dependencies, { spec, indexes: [1] });
    const { method, path } = asked.at(-1)!;
    const forgotten = 'DELETE /api/v1/namespaces/default/pods/web?gracePeriodSeconds=0';
    assert.equal(`${method} ${path}`, forgotten);
  });
});

test('nodes are believed when they are Ready with the range of their index', async () => {
  await withApi(async ({ dependencies, spec, answers, asked }) => {
    const node = (podCIDR?: string): object => ({
      metadata: { name: 'c-minion-1' },
      spec: { podCIDR },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    answers.set('GET /api/v1/nodes', { status: 200, body: { items: [node('10.240.1.0/24')] } });
    await verifyNodes(dependencies, { spec, minions: [1] });
    assert.equal(asked.length, 1);

    answers.set('GET /api/v1/nodes', { status: 200, body: { items: [node()] } });
    answers.set('PATCH /api/v1/nodes/c-minion-1', { status: 200, body: {} });
    await verifyNodes(dependencies, { spec, minions: [1] });
    assert.deepEqual(asked.at(-1)?.body, {
      spec: { podCIDR: '10.240.1.0/24', podCIDRs: ['10.240.1.0/24'] },
    });
  });
});

test('where there are probes, pods are reached around the ring of minions, and each asks the DNS', async () => {
  await withApi(async ({ dependencies, spec, answers, asked }) => {
    const probe = (index: number): object => ({
      metadata: { name: `probe-${index}` },
      spec: { nodeName: `c-minion-${index}` },
      status: { podIP: `10.240.${index}.5`, containerStatuses: [{ ready: true }] },
    });
    answers.set(`GET ${probes}?labelSelector=app=kubeup-probe`, {
      status: 200,
      body: { items: [probe(1), probe(2)] },
    });
    for (const [from, to] of [
      [1, 2],
      [2, 1],
    ]) {
      answers.set(`GET ${probes}/probe-${from}:8080/proxy/reach?to=10.240.${to}.5:8080`, {
        status: 200,
        body: `c-minion-${to}\n`,
      });
      answers.set(
        `GET ${probes}/probe-${from}:8080/proxy/resolve?name=kubernetes.default.svc.cluster.local.`,
        { status: 200, body: '10.0.0.1\n' },
      );
    }
    assert.match((await verifyDns(dependencies, { spec, minions: [1] })) ?? '', /no DaemonSet/);
    answers.set('GET /apis/apps/v1/namespaces/kube-system/daemonsets/kubeup-probe', {
      status: 200,
      body: {},
    });
    await verifyPodNetwork(dependencies, { spec, minions: [1, 2] });
    await verifyDns(dependencies, { spec, minions: [1, 2] });
    assert.equal(asked.filter(({ path }) => path.includes('/proxy/')).length, 4);
  });
});
