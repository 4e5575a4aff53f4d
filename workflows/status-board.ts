import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { podRange } from '../cluster/addressing.js';
import { describeFailure, type Failure } from '../cluster/errors.js';
import { releaseObject, serverName } from '../cluster/names.js';
import {
  isSettled,
  phaseOf,
  type MachineResult,
  type Observation,
} from '../cluster/observation.js';
import type { CloudReference, ClusterSpec } from '../cluster/spec.js';
import {
  emptyStatus,
  hasArrived,
  pendingMachine,
  type ClusterPhase,
  type ClusterStatus,
  type Condition,
  type ConditionType,
  type MachinePhase,
  type MinionStatus,
} from '../cluster/status.js';
import { ofEndedRun, ofTearDown } from './failure.js';
import { attributesOf, searchAttributes } from './interface.js';

/** The one place where a run keeps what it shows: in the query, in the UI's current details, in its result. */
export class StatusBoard {
  private readonly status: ClusterStatus;
  private readonly isTearDown: boolean;
  private wait: ClusterSpec['wait'];
  /** Whether a failed step waits for somebody; else the run ends with it. */
  holds = true;

  /** `show` is told of every change. */
  constructor(
    cluster: string,
    phase: ClusterPhase,
    private readonly show: (status: ClusterStatus) => void = showInTemporal,
  ) {
    this.isTearDown = phase === 'TearingDown';
    this.status = emptyStatus(cluster, phase);
  }

  get phase(): ClusterPhase {
    return this.status.phase;
  }

  snapshot(): ClusterStatus {
    return this.status;
  }

  /** Shows the machines and the release that the spec asks for; what is known of kept ones stays. */
  plan(spec: ClusterSpec): void {
    this.wait = spec.wait;
    this.holds = spec.onFailure === 'hold';
    const known = new Map(this.status.minions.map((minion) => [minion.name, minion]));
    this.status.minions = Array.from({ length: spec.minions }, (_, i) => {
      const name = serverName(spec.name, 'minion', i + 1);
      const range = podRange(spec.podNetwork, i + 1);
      return { ...pendingMachine(name), attempts: 0, ...known.get(name), podRange: range };
    });
    const { container, sha256, bytes } = spec.release;
    this.status.release = {
      reference: `${container}/${releaseObject(spec.name, sha256)}`,
      sha256,
      bytes,
    };
  }

  enter(phase: ClusterPhase): void {
    this.status.phase = phase;
    this.show(this.status);
  }

  set(type: ConditionType, status: Condition['status'], reason: string, message: string): void {
    const at = this.status.conditions.findIndex((condition) => condition.type === type);
    const before = this.status.conditions[at];
    const isSame = before?.status === status && before.reason === reason;
    const since = isSame ? before.since : new Date(Date.now()).toISOString();
    const next = { type, status, reason, message, since };
    if (at < 0) this.status.conditions.push(next);
    else this.status.conditions[at] = next;
    this.show(this.status);
  }

  reasonOf(type: ConditionType): string | undefined {
    return this.status.conditions.find((condition) => condition.type === type)?.reason;
  }

  fail(type: ConditionType, failure: Failure): void {
    this.set(type, 'False', failure.reason, describeFailure(this.told(failure)));
  }

  /** Takes a condition back that stands only while something is wrong. */
  clear(type: ConditionType): void {
    this.status.conditions = this.status.conditions.filter((one) => one.type !== type);
    this.show(this.status);
  }

  changed(...lines: string[]): void {
    this.status.changes.push(...lines);
  }

  see(observations: readonly Observation[]): void {
    for (const one of observations) {
      const shown = one.role === 'master' ? this.status.master : this.minion(one.index);
      // The last word on a replaced server must not hide its successor.
      if (!shown || (one.serverStatus === 'LOST' && shown.id !== one.serverId)) continue;
      shown.id = one.serverId;
      shown.address = one.address;
      shown.phase = phaseOf(one);
      // Of these nobody waits for the report.
      if (isUnreported(shown.phase) && isSettled(one, this.wait)) shown.phase = 'Active';
      shown.message = one.detail ?? '';
    }
    this.show(this.status);
  }

  /** The last word on a machine: holds also when no signal told of it. Index 0 is the master. */
  conclude(index: number, { serverId, address, attempts, failure }: Partial<MachineResult>): void {
    const shown = index === 0 ? this.status.master : this.minion(index);
    if (!shown) return;
    shown.id = serverId || shown.id;
    shown.address = address || shown.address;
    const isActiveOnly = this.wait === 'active' && shown.phase !== 'Ready';
    shown.phase = failure ? 'Failed' : isActiveOnly ? 'Active' : 'Ready';
    shown.message = failure?.message ?? '';
    if ('attempts' in shown && attempts !== undefined) shown.attempts = attempts;
    this.show(this.status);
  }

  private told(failure: Failure): Failure {
    if (this.isTearDown) return ofTearDown(failure, this.holds);
    return this.holds && failure.kind !== 'invalid' ? failure : ofEndedRun(failure);
  }

  private minion(index: number): MinionStatus | undefined {
    return this.status.minions[index - 1];
  }
}

/**
 * Makes a run found by its cluster, provider and account. Whoever starts it by the client has done so already;
 * whoever embeds it need not know.
 */
export function markRun(cluster: string, cloud: CloudReference): void {
  const known = workflowInfo().typedSearchAttributes.get(searchAttributes.account);
  if (known !== cloud.accountId) upsertSearchAttributes(attributesOf(cluster, cloud));
}

/** In the UI's current details, and in the list of workflows (where a continued run inherits what its predecessor set). */
function showInTemporal({ cluster, phase, conditions, master, minions }: ClusterStatus): void {
  if (workflowInfo().typedSearchAttributes.get(searchAttributes.phase) !== phase) {
    upsertSearchAttributes([{ key: searchAttributes.phase, value: phase }]);
  }
  const ready = minions.filter(hasArrived).length;
  setCurrentDetails(
    [
      `**${cluster}: ${phase}**, master ${master.phase}, minions ${ready} of ${minions.length} ready`,
      '',
      '| condition | status | reason | message | since |',
      '|---|---|---|---|---|',
      ...conditions.map(
        ({ type, status, reason, message, since }) =>
          `| ${type} | ${status} | ${reason} | ${message.replace(/[|\n]/g, ' ')} | ${since} |`,
      ),
    ].join('\n'),
  );
}

function isUnreported(phase: MachinePhase): boolean {
  return phase === 'Booting' || phase === 'Downloading' || phase === 'Installing';
}
