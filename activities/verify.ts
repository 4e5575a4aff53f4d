import { setTimeout as sleep } from 'node:timers/promises';
import { KubeupError } from '../cluster/errors.js';
import { serverName } from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { cancellationSignal } from './as-activity.js';
import type { Dependencies } from './context.js';
import { surveyServers } from './survey.js';

/** A listing may lag behind, and a machine may be rebooting: so often it is looked again, and so far apart. */
const looks = 10;
const betweenLooksMs = 3_000;

/**
 * Looks once more at the whole: the master and the given minions are there exactly once, active, and
 * reported ready, where that is waited for. Rejects as blocked, naming each that is not.
 */
export async function verifyCluster(
  dependencies: Dependencies,
  { spec, minions }: { spec: ClusterSpec; minions: number[] },
): Promise<void> {
  const signal = cancellationSignal();
  for (let look = 1; ; look += 1) {
    const wrong = await whatIsWrong(dependencies, spec, minions);
    if (wrong.length === 0) return;
    if (look === looks) throw notConverged(spec.name, wrong);
    await sleep(betweenLooksMs, undefined, { signal });
  }
}

async function whatIsWrong(
  dependencies: Dependencies,
  spec: ClusterSpec,
  minions: number[],
): Promise<string[]> {
  const servers = await surveyServers(dependencies, spec.name);
  const expected = [
    serverName(spec.name, 'master'),
    ...minions.map((index) => serverName(spec.name, 'minion', index)),
  ];
  return expected.flatMap((name) => {
    const namesakes = servers.filter((server) => server.name === name);
    const [only] = namesakes;
    if (!only) return [`${name} is missing`];
    if (namesakes.length > 1) return [`${name} exists ${namesakes.length} times`];
    if (only.status !== 'ACTIVE') return [`${name} is ${only.status}`];
    const isEnough = spec.wait === 'active' && only.report !== 'failed';
    if (isEnough || only.report === 'ready') return [];
    return [`${name} reports ${only.report ?? 'nothing'}`];
  });
}

function notConverged(cluster: string, wrong: readonly string[]): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'NotConverged',
    attempted: `verify cluster ${cluster}`,
    message: wrong.join('; '),
    cure: 'Something changed while the cluster came up: `kubeup retry` makes it whole',
  });
}
