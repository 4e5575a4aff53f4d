import type { ClusterStatus } from '../cluster/status.js';
import type { ClusterView } from './cluster-view.js';

/** What `up --json` and `status --json` print: a contract for scripts, kept stable. */
export interface ClusterDocument extends ClusterStatus {
  workflow: {
    id: string;
    runId: string;
    /** Address in the Temporal UI; empty when it is not known. */
    ui: string;
  };
}

export function clusterDocument({ status, run }: ClusterView, ui: string): ClusterDocument {
  const { cluster, phase, conditions, master, minions, release, changes } = status;
  const workflow = { id: run.id, runId: run.runId, ui };
  return { cluster, phase, conditions, master, minions, release, workflow, changes };
}
