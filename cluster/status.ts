import { serverName } from './names.js';

/** One line of the status, as in Kubernetes: what is so, since when, and why. */
export interface Condition {
  type: ConditionType;
  status: 'True' | 'False' | 'Unknown';
  /** CamelCase word for machines. */
  reason: string;
  /** For people; on a failure: attempt, answer, request id, cure. */
  message: string;
  /** ISO 8601: when `status` or `reason` last changed. */
  since: string;
}

export type ConditionType =
  | 'PreflightPassed'
  | 'ReleaseUploaded'
  | 'NetworkReady'
  | 'KeyPairReady'
  /** Stands only while it is `False`: the watcher could not go on. */
  | 'MachinesWatched'
  | 'MasterReady'
  | 'MinionsReady'
  | 'Verified'
  | 'ReleaseBuilt'
  /** Stands only where it is not awaited: whether the machines' start scripts did their work. */
  | 'MachinesReported'
  /** Of a release with Kubernetes in it: what is true of the cluster itself. */
  | 'ApiHealthy'
  | 'NodesReady'
  | 'PodsReachable'
  | 'DnsAnswers'
  | 'ServersDeleted'
  | 'KeyPairDeleted'
  | 'NetworkDeleted'
  | 'ReleaseDeleted';

export type ClusterPhase =
  /** Steps are under way. */
  | 'BringingUp'
  /** Parked with a reason that a person can mend; `retry` goes on. */
  | 'Blocked'
  | 'Ready'
  | 'Failed'
  | 'RollingBack'
  | 'TearingDown'
  /** Torn down: nothing of it is left. */
  | 'Gone'
  /** Cancelled before it was ready; what was made is kept. */
  | 'Cancelled';

export type MachinePhase =
  | 'Pending'
  | 'Building'
  | 'Booting'
  | 'Downloading'
  | 'Installing'
  /** Has its address; more is not waited for. */
  | 'Active'
  | 'Ready'
  | 'Failed';

/** Whether a machine is as far as its bring-up waits for. */
export function hasArrived({ phase }: { phase: MachinePhase }): boolean {
  return phase === 'Ready' || phase === 'Active';
}

export interface MachineStatus {
  name: string;
  /** Server id; empty until it is known. */
  id: string;
  /** On the cloud network; empty until it is known. */
  address: string;
  phase: MachinePhase;
  /** Why it failed or was replaced; empty when nothing went wrong. */
  message: string;
}

export interface MinionStatus extends MachineStatus {
  podRange: string;
  /** Servers booted for it in this run; 0 when it was adopted. */
  attempts: number;
}

/** The document of `status --json`, of the query `status`, and of the workflows' results. */
export interface ClusterStatus {
  cluster: string;
  phase: ClusterPhase;
  conditions: Condition[];
  master: MachineStatus;
  minions: MinionStatus[];
  release: {
    /** `<container>/<object>`, no URL. */
    reference: string;
    sha256: string;
    bytes: number;
  };
  /** What this run made, adopted, replaced and deleted, in order, one line each. */
  changes: string[];
}

/** Of a cluster of which nothing is known yet. */
export function emptyStatus(cluster: string, phase: ClusterPhase): ClusterStatus {
  return {
    cluster,
    phase,
    conditions: [],
    master: pendingMachine(serverName(cluster, 'master')),
    minions: [],
    release: { reference: '', sha256: '', bytes: 0 },
    changes: [],
  };
}

export function pendingMachine(name: string): MachineStatus {
  return { name, id: '', address: '', phase: 'Pending', message: '' };
}
