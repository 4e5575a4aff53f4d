import type { Cloud } from '../cloud/port.js';
import { KubeupError, retryAfterMs } from '../cluster/errors.js';
import type { ClusterSpec } from '../cluster/spec.js';
import type { Dependencies } from './context.js';
import { findApi, KubeApi } from './kube-api.js';

/** How long an API is taken to be where it was found, milliseconds. */
const believedMs = 15_000;

interface Finding {
  origin: Promise<string>;
  until: number;
}

/** By the clusters' names. Shared by all who wait in this worker: many ask the cloud no more than one does. */
const findings = new WeakMap<Cloud, Map<string, Finding>>();

/** The Kubernetes API of one cluster for a wait of many turns: found, and opened, anew now and then only. */
export class LastingKubeApi {
  private api?: KubeApi;
  private until = 0;

  constructor(
    private readonly dependencies: Dependencies,
    private readonly spec: ClusterSpec,
  ) {}

  /** For one turn. @throws KubeupError when the master is not found */
  async open(): Promise<KubeApi> {
    if (this.api && Date.now() < this.until) return this.api;
    await this.close();
    this.api = await KubeApi.open(this.dependencies, this.spec, findTogether);
    this.until = Date.now() + believedMs;
    return this.api;
  }

  async close(): Promise<void> {
    const { api } = this;
    this.api = undefined;
    await api?.close();
  }
}

/** Whether an API that failed like this is worth another turn: a master that is missing may be being replaced. */
export function mayComeUp(error: unknown): error is KubeupError {
  if (!(error instanceof KubeupError)) return false;
  return error.failure.kind === 'transient' || error.failure.reason === 'MasterMissing';
}

function findTogether(dependencies: Dependencies, spec: ClusterSpec): Promise<string> {
  const { cloud } = dependencies;
  const ofCloud = findings.get(cloud) ?? new Map<string, Finding>();
  findings.set(cloud, ofCloud);
  const last = ofCloud.get(spec.name);
  const now = Date.now();
  if (last && now < last.until) return last.origin;
  const finding = { origin: findApi(dependencies, spec), until: now + believedMs };
  ofCloud.set(spec.name, finding);
  finding.origin.catch((error: unknown) => {
    // What a person mends is looked at again when they say that they have.
    finding.until = mayComeUp(error) ? now + (retryAfterMs(error.failure) ?? believedMs) : now;
  });
  return finding.origin;
}
