import { KubeupError } from '../cluster/errors.js';
import { serverName } from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import type { Dependencies } from './context.js';
import { surveyServers } from './survey.js';

/**
 * Looks once more at the whole: the master and the given minions are there exactly once, active, and
 * reported ready, where that is waited for. Rejects as blocked, naming each that is not.
 */
export async function verifyCluster(
  dependencies: Dependencies,
  { spec, minions }: { spec: ClusterSpec; minions: number[] },
): Promise<void> {
  const servers = await surveyServers(
    dependencies,
    spec.name,
    spec.network.label,
    spec.release.container,
  );
  const expected = [
    serverName(spec.name, 'master'),
    ...minions.map((index) => serverName(spec.name, 'minion', index)),
  ];
  const wrong = expected.flatMap((name) => {
    const namesakes = servers.filter((server) => server.name === name);
    const [only] = namesakes;
    if (!only) return [`${name} is missing`];
    if (namesakes.length > 1) return [`${name} exists ${namesakes.length} times`];
    if (only.status !== 'ACTIVE') return [`${name} is ${only.status}`];
    const isEnough = spec.wait === 'active' && only.report !== 'failed';
    if (isEnough || only.report === 'ready') return [];
    return [`${name} reports ${only.report ?? 'nothing'}`];
  });
  if (wrong.length === 0) return;
  throw new KubeupError({
    kind: 'blocked',
    reason: 'NotConverged',
    attempted: `verify cluster ${spec.name}`,
    message: wrong.join('; '),
    cure: 'Something changed while the cluster came up: `kubeup retry` makes it whole',
  });
}
