import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Observation } from '../cluster/observation.js';
import type { ClusterSpec } from '../cluster/spec.js';
import type { ClusterStatus } from '../cluster/status.js';

/** Every operation on a cluster runs under this id: Temporal lets only one be open, so the id is the lock. */
export function clusterWorkflowId(cluster: string): string {
  return `cluster/${cluster}`;
}

export function minionWorkflowId(cluster: string, index: number): string {
  return `${clusterWorkflowId(cluster)}/minion-${index}`;
}

/** A worker serves one cloud account; its task queue is named after it. */
export function taskQueueOf(accountId: string): string {
  return `kubeup-${accountId}`;
}

/** Status of the run, open or closed. Answered by `bringUpCluster` and `tearDownCluster`. */
export const statusQuery = defineQuery<ClusterStatus>('status');

/** The spec that the run works to now (an amended one after `propose`). Answered by `bringUpCluster`. */
export const specQuery = defineQuery<ClusterSpec>('spec');

/**
 * Offers a spec to an open bring-up (sent as update-with-start, so that it also begins one).
 * Same spec: `attached`. Another spec while blocked: `amended`, and the blocked steps go on with it.
 * Another spec while running, or a tear-down under way: rejected, naming the differences.
 */
export const proposeUpdate = defineUpdate<'attached' | 'amended', [ClusterSpec]>('propose');

/** Lets every blocked step go on. Rejected when nothing is blocked. */
export const retryUpdate = defineUpdate<void>('retry');

/** What the watcher saw change: one batch a tick to the cluster's workflow, its own machine to each minion's. */
export const machinesChangedSignal = defineSignal<[Observation[]]>('machinesChanged');

/** Typed search attributes of every kubeup workflow. */
export const searchAttributes = {
  cluster: defineSearchAttributeKey('KubeupCluster', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('KubeupPhase', SearchAttributeType.KEYWORD),
  provider: defineSearchAttributeKey('KubeupProvider', SearchAttributeType.KEYWORD),
};

/** Heartbeat details of the activity `uploadRelease`: what the command line shows as progress. */
export interface UploadProgress {
  bytesDone: number;
  bytesTotal: number;
  /** Names of the segments that are in the container, verified. */
  segments: string[];
}
