import { KubeupError } from '../cluster/errors.js';
import type { BuildProgress } from '../cluster/build-progress.js';
import type { ReleaseRequest } from '../cluster/release-request.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { buildRelease as build } from '../release/kubernetes/build.js';
import { ReleaseBuildError } from '../release/kubernetes/build-error.js';
import { releaseCache } from '../home/paths.js';
import { cancellationSignal, heartbeat } from './as-activity.js';
import type { Dependencies } from './context.js';

/**
 * Builds the release of a bring-up; the heartbeat tells the latest line of the build. What was built before comes from
 * the cache, and an interrupted build goes on with what its compiler had finished.
 */
export async function buildRelease(
  _: Dependencies,
  { request, file }: { request: ReleaseRequest; file: string },
): Promise<Pick<ClusterSpec['release'], 'sha256' | 'bytes' | 'kubernetes'>> {
  let lines = 0;
  const log = (line: string): void => {
    lines += 1;
    heartbeat({ line: line.slice(0, 200), lines } satisfies BuildProgress);
  };
  const signal = cancellationSignal();
  try {
    const { sha256, bytes, kubernetes } = await build(
      { cache: releaseCache(process.env), log, signal },
      request,
      file,
    );
    return { sha256, bytes, kubernetes };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ReleaseBuildError)) throw error;
    throw new KubeupError(
      {
        kind: 'blocked',
        reason: 'BuildFailed',
        attempted: 'build the release',
        message: error.message,
        cure: 'Mend it, then `kubeup retry`: what is built already is kept',
      },
      { cause: error },
    );
  }
}
