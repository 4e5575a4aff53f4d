import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { redact } from '../boot/report.js';
import { reportObject } from '../cluster/names.js';
import type { Observation } from '../cluster/observation.js';
import { machinesChanged, clusterWorkflowId, minionWorkflowId } from '../cluster/workflow-names.js';
import { heartbeat } from './as-activity.js';
import type { Dependencies } from './context.js';
import { detailBytes } from './servers.js';
import { surveyServers, type SurveyedServer } from './survey.js';

export interface WatchRequest {
  cluster: string;
}

const tickMs = 1_000;
/** Observations in one signal: Temporal takes 2 MiB. */
const batch = 100;

/**
 * Watches the cluster's machines until it is cancelled: each tick lists the servers once and the mailbox
 * once, whatever their number, and signals the workflows whose machine changed. One further read per
 * machine that reports `failed`, once.
 */
export async function watchMachines(
  dependencies: Dependencies,
  request: WatchRequest,
): Promise<never> {
  const { cancellationSignal: signal, client, info } = Context.current();
  // What was seen survives a restart of the worker, so that a server that went meanwhile is missed.
  let seen = new Map<string, Observation>(
    ((info.heartbeatDetails ?? []) as Observation[]).map((one) => [one.serverId, one]),
  );
  for (;;) {
    const servers = await surveyServers(dependencies, request.cluster);
    const now = new Map<string, Observation>();
    for (const server of servers) {
      now.set(server.id, await observe(dependencies, request, server, seen.get(server.id)));
    }
    for (const [id, last] of seen) {
      if (now.has(id) || last.serverStatus === 'LOST') continue;
      // A listing may lag; the server itself knows.
      const found = await dependencies.cloud.compute.getServer(id);
      now.set(id, found && !found.deleting ? last : { ...last, serverStatus: 'LOST' });
    }
    const changed = [...now.values()].filter((one) => !isSame(one, seen.get(one.serverId)));
    await tell(client, request.cluster, changed);
    seen = now;
    heartbeat([...seen.values()].map((one) => ({ ...one, detail: undefined })));
    await sleep(tickMs, undefined, { signal });
  }
}

async function observe(
  { cloud }: Dependencies,
  { cluster }: WatchRequest,
  server: SurveyedServer,
  before: Observation | undefined,
): Promise<Observation> {
  const { role, index, id, bootId, status, address, container, report, fault } = server;
  let detail = fault;
  if (report === 'failed') {
    detail =
      before?.detail ??
      (await cloud.objectStorage.readText(container, reportObject(cluster, bootId), detailBytes));
  }
  return {
    role,
    index,
    serverId: id,
    bootId,
    serverStatus: status,
    address,
    report,
    detail: detail && redact(detail),
  };
}

function isSame(a: Observation, b: Observation | undefined): boolean {
  return a.serverStatus === b?.serverStatus && a.address === b.address && a.report === b.report;
}

/**
 * Signals what changed: all of it to the cluster's workflow, its own to each minion's. A minion that has no
 * open workflow needs no word: it is done, or its workflow looks for itself when it begins.
 */
async function tell(
  client: Client,
  cluster: string,
  changed: readonly Observation[],
): Promise<void> {
  if (changed.length === 0) return;
  for (let from = 0; from < changed.length; from += batch) {
    await signalTo(client, clusterWorkflowId(cluster), changed.slice(from, from + batch));
  }
  for (const one of changed) {
    if (one.role === 'minion') await signalTo(client, minionWorkflowId(cluster, one.index), [one]);
  }
}

async function signalTo(client: Client, id: string, changes: Observation[]): Promise<void> {
  try {
    await client.workflow.getHandle(id).signal(machinesChanged, changes);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
