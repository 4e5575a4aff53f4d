import type { Failure } from './errors.js';
import type { WaitFor } from './spec.js';
import type { MachinePhase } from './status.js';

/** States a machine reports to its mailbox, in order; `failed` may follow any. */
export type ReportState = 'booting' | 'downloading' | 'installing' | 'ready' | 'failed';

/** What one look at the cloud tells about one machine. */
export interface Observation {
  role: 'master' | 'minion';
  /** 0 for the master. */
  index: number;
  /** Server id; empty when no server of this machine exists. */
  serverId: string;
  /** Minted before the create call; tells a machine's own report from its predecessor's. */
  bootId: string;
  /** Nova's status, or `LOST` when the server was there and is no more. */
  serverStatus: string;
  /** On the cloud network; empty until the cloud shows it. */
  address: string;
  report?: ReportState;
  /** Cause of `ERROR` or of a `failed` report, with the tail of the log. */
  detail?: string;
}

/** How a machine stands, for the status. */
export function phaseOf(seen: Observation): MachinePhase {
  if (seen.report === 'failed' || seen.serverStatus === 'ERROR' || seen.serverStatus === 'LOST') {
    return 'Failed';
  }
  if (seen.serverStatus !== 'ACTIVE') return 'Building';
  switch (seen.report) {
    case 'ready':
      return 'Ready';
    case 'installing':
      return 'Installing';
    case 'downloading':
      return 'Downloading';
    default:
      return 'Booting';
  }
}

/** Whether a machine is as far as is waited for: has its address, and has reported `ready` where that counts. */
export function isSettled(seen: Observation, wait: WaitFor = 'ready'): boolean {
  if (seen.serverStatus !== 'ACTIVE' || seen.address === '') return false;
  return seen.report === 'ready' || (wait === 'active' && seen.report !== 'failed');
}

/** Whether a machine that was as far as is waited for is off: somebody, or its host, has stopped it. */
export function isStopped({ serverStatus, report }: Observation, wait: WaitFor = 'ready'): boolean {
  return serverStatus === 'SHUTOFF' && (report === 'ready' || (wait === 'active' && !report));
}

/** Whether a machine is kept as it is: one that is broken is replaced. */
export function isSound({ status, report }: { status: string; report?: ReportState }): boolean {
  return status !== 'ERROR' && report !== 'failed';
}

/** What became of a machine: ready, or given up with its reason. */
export interface MachineResult {
  serverId: string;
  address: string;
  /** Servers booted for it in this run; 0 when it was adopted. */
  attempts: number;
  failure?: Failure;
}
