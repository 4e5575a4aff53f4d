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

/** Name of the signal by which the watcher tells workflows what it saw change. */
export const machinesChanged = 'machinesChanged';
