import { setTimeout as sleep } from 'node:timers/promises';
import { retryAfterMs } from '../cluster/errors.js';
import { serverName } from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { joinToken } from '../home/join-token.js';
import { cancellationSignal } from './as-activity.js';
import type { Dependencies } from './context.js';
import { withKubeApi } from './kube-api.js';
import type { KubeApi } from './kube-api.js';
import { LastingKubeApi, mayComeUp } from './lasting-kube-api.js';

/** One boot of one minion. */
export interface AdmissionRequest {
  spec: ClusterSpec;
  index: number;
  bootId: string;
}

const secrets = '/api/v1/namespaces/kube-system/secrets';
const pollMs = 1_000;

/**
 * Lets one machine join: has the API server know its join token, for no longer than the machine has to come up.
 * Waits until there is an API server, which comes up beside the minions.
 */
export async function admitMinion(
  dependencies: Dependencies,
  { spec, index, bootId }: AdmissionRequest,
): Promise<void> {
  const { id, secret } = joinToken(dependencies.rootSecret, spec.name, bootId);
  const expires = new Date(Date.now() + spec.machineTimeoutSeconds * 1000);
  const token = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'bootstrap.kubernetes.io/token',
    metadata: { name: `bootstrap-token-${id}` },
    stringData: {
      'token-id': id,
      'token-secret': secret,
      description: `kubeup: ${serverName(spec.name, 'minion', index)} comes up`,
      expiration: expires.toISOString().replace(/\.\d+Z$/, 'Z'),
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': 'system:bootstrappers:kubeup',
    },
  };
  const api = new LastingKubeApi(dependencies, spec);
  try {
    await whenUp(api, expires, async (opened) => {
      if (await opened.create(secrets, token)) return;
      // Of an earlier try: the time it has left may be short.
      await opened.patch(`${secrets}/${token.metadata.name}`, { stringData: token.stringData });
    });
  } finally {
    await api.close();
  }
}

/** Tries until it succeeds; rejects with what is in its way at the deadline, or with what does not pass by itself. */
async function whenUp(
  api: LastingKubeApi,
  deadline: Date,
  use: (api: KubeApi) => Promise<void>,
): Promise<void> {
  const signal = cancellationSignal();
  for (;;) {
    try {
      await use(await api.open());
      return;
    } catch (error) {
      const left = deadline.getTime() - Date.now();
      if (!mayComeUp(error) || left < 0) throw error;
      const pause = Math.max(pollMs, retryAfterMs(error.failure) ?? 0);
      await sleep(Math.min(pause, left), undefined, { signal });
    }
  }
}

/** Ends an admission: the token joins nobody any more. */
export async function endAdmission(
  dependencies: Dependencies,
  { spec, bootId }: AdmissionRequest,
): Promise<void> {
  const { id } = joinToken(dependencies.rootSecret, spec.name, bootId);
  await withKubeApi(dependencies, spec, (api) => api.delete(`${secrets}/bootstrap-token-${id}`));
}
