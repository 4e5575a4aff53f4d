import {
  defineSearchAttributeKey,
  SearchAttributeType,
  type SearchAttributePair,
} from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Observation } from '../cluster/observation.js';
import type { BringUpRequest, CloudReference, ClusterSpec } from '../cluster/spec.js';
import type { ClusterStatus } from '../cluster/status.js';
import { machinesChanged } from '../cluster/workflow-names.js';

export { clusterWorkflowId, minionWorkflowId, taskQueueOf } from '../cluster/workflow-names.js';

/** Status of the run, open or closed. Answered by `bringUpCluster` and `tearDownCluster`. */
export const statusQuery = defineQuery<ClusterStatus>('status');

/** The spec that the run works to now (an amended one after `propose`). Answered by `bringUpCluster`. */
export const specQuery = defineQuery<ClusterSpec>('spec');

/**
 * Offers a spec to an open bring-up (sent as update-with-start, so that it also begins one).
 * Same spec: `attached` (and goes on when it was blocked). Another spec while blocked: `amended`, and it
 * goes on with that. Another spec while running, another account, a roll-back or a tear-down under way:
 * rejected, naming the differences.
 */
export const proposeUpdate = defineUpdate<'attached' | 'amended', [BringUpRequest]>('propose');

/** Lets every blocked step go on. Rejected when nothing is blocked. */
export const retryUpdate = defineUpdate<undefined>('retry');

/** What the watcher saw change: one batch a tick to the cluster's workflow, its own machine to each minion's. */
export const machinesChangedSignal = defineSignal<[Observation[]]>(machinesChanged);

/** Typed search attributes of every kubeup workflow; a minion's has no phase. */
export const searchAttributes = {
  cluster: defineSearchAttributeKey('KubeupCluster', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('KubeupPhase', SearchAttributeType.KEYWORD),
  provider: defineSearchAttributeKey('KubeupProvider', SearchAttributeType.KEYWORD),
  account: defineSearchAttributeKey('KubeupAccount', SearchAttributeType.KEYWORD),
};

/** Which cluster a workflow is about, and where that lives. */
export function attributesOf(cluster: string, cloud: CloudReference): SearchAttributePair[] {
  return [
    { key: searchAttributes.cluster, value: cluster },
    { key: searchAttributes.provider, value: cloud.provider },
    { key: searchAttributes.account, value: cloud.accountId },
  ];
}
