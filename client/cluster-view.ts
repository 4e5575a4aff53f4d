import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { BuildProgress } from '../cluster/build-progress.js';
import type { UploadProgress } from '../cluster/upload-progress.js';
import type { ClusterStatus } from '../cluster/status.js';

/** How a run stands at one moment: its status, and what Temporal knows beside it. */
export interface ClusterView {
  status: ClusterStatus;
  run: Run;
  /** Of the release, while it is being sent. */
  upload?: UploadProgress;
  /** Of the release, while it is being built. */
  build?: BuildProgress;
  /** Activities that failed and are being tried again: causes that no condition shows yet. */
  retries: Retry[];
}

/** One run of a workflow. */
export interface Run {
  id: string;
  runId: string;
  /** `bringUpCluster` or `tearDownCluster`. */
  type: string;
  open: boolean;
}

export interface Retry {
  activity: string;
  /** The try that is under way or comes next, from 2. */
  attempt: number;
  cause: string;
}

/** What the pending activities of a run tell. */
export async function readPending(
  client: Client,
  description: WorkflowExecutionDescription,
): Promise<Pick<ClusterView, 'upload' | 'build' | 'retries'>> {
  const converter = client.options.loadedDataConverter;
  const retries: Retry[] = [];
  let upload: UploadProgress | undefined;
  let build: BuildProgress | undefined;
  for (const pending of description.raw.pendingActivities ?? []) {
    const activity = pending.activityType?.name ?? '';
    const beat = pending.heartbeatDetails?.payloads;
    if (tellsProgress.has(activity) && beat?.length) {
      const [details] = await decodeArrayFromPayloads(converter, beat);
      if (isUploadProgress(details)) upload = details;
      if (isBuildProgress(details)) build = details;
    }
    if (pending.lastFailure) {
      const failure = await decodeOptionalFailureToOptionalError(converter, pending.lastFailure);
      const cause = failure?.message ?? pending.lastFailure.message ?? '';
      retries.push({ activity, attempt: pending.attempt ?? 0, cause });
    }
  }
  return { upload, build, retries };
}

/** Activities whose heartbeats say how far they are. */
const tellsProgress = new Set(['uploadRelease', 'buildRelease']);

function isBuildProgress(value: unknown): value is BuildProgress {
  return typeof value === 'object' && value !== null && 'line' in value && 'lines' in value;
}

function isUploadProgress(value: unknown): value is UploadProgress {
  return typeof value === 'object' && value !== null && 'bytesDone' in value;
}
