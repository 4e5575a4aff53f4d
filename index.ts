/** What an engineer embeds: docs/embedding.md. Workflows are imported from `kubeup/workflows`. */
export { createActivities, type Activities, type Dependencies } from './activities/index.js';
export { ClusterClient, type BringUpStart, type ListedCluster } from './client/cluster-client.js';
export { ClusterNotFoundError, RefusedError } from './client/client-errors.js';
export type { ClusterView, Retry, Run } from './client/cluster-view.js';
export { registerSearchAttributes } from './client/register-search-attributes.js';
export {
  accountId,
  hasAccount,
  type Account,
  type ApplicationCredential,
} from './cloud/account.js';
export { resolveAccount } from './cloud/resolve-account.js';
export { openCloud } from './cloud/open.js';
export type { Cloud } from './cloud/port.js';
export { InvalidSpecError, KubeupError, type Failure, type Problem } from './cluster/errors.js';
export type {
  BringUpRequest,
  CloudReference,
  ClusterSpec,
  TearDownRequest,
} from './cluster/spec.js';
export type { ClusterPhase, ClusterStatus, Condition, MinionStatus } from './cluster/status.js';
export { clusterWorkflowId, taskQueueOf } from './cluster/workflow-names.js';
export { loadRootSecret } from './home/root-secret.js';
export { inspectRelease, type InspectedRelease } from './release/inspect.js';
export {
  proposeUpdate,
  retryUpdate,
  searchAttributes,
  specQuery,
  statusQuery,
} from './workflows/interface.js';
