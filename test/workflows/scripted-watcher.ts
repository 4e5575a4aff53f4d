import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { SurveyedServer } from '../../activities/survey.js';
import { KubeupError } from '../../cluster/errors.js';
import type { Observation } from '../../cluster/observation.js';
import {
  clusterWorkflowId,
  machinesChanged,
  minionWorkflowId,
} from '../../cluster/workflow-names.js';
import type { ScriptedWorld } from './scripted-world.js';

/** How the watcher goes about it. */
export type WatcherManner =
  /** As the real one: runs until it is cancelled, and looks all the time. */
  | 'steady'
  /** Fails after each look, to be tried again a while later: between its looks no activity runs, and time can be skipped. */
  | 'faltering'
  /** Fails without a look, for hours. */
  | 'mute';

const falteringSeconds = { faltering: 5, mute: 3600 };

/** Tells the workflows of a {@link ScriptedWorld} what changed, as the activity `watchMachines` does. */
export class ScriptedWatcher {
  manner: WatcherManner = 'steady';
  /** What was told, by server id, for each watch activity. */
  private readonly told = new Map<string, Map<string, Observation>>();

  constructor(private readonly world: ScriptedWorld) {}

  async watch(): Promise<never> {
    const { info, cancellationSignal: signal } = Context.current();
    const watch = `${info.workflowExecution?.runId} ${info.activityId}`;
    for (;;) {
      await this.world.pass('watchMachines');
      if (this.manner !== 'mute') await this.look(watch);
      // By its answer alone an attempt learns that it is cancelled; the next one may be an hour away.
      Context.current().heartbeat();
      await sleep(20, undefined, { signal });
      if (this.manner !== 'steady') throw faltered(falteringSeconds[this.manner]);
    }
  }

  private async look(watch: string): Promise<void> {
    const seen = this.told.get(watch) ?? new Map<string, Observation>();
    const now = new Map(this.world.servers.map((server) => [server.id, observationOf(server)]));
    for (const [id, last] of seen) {
      if (!now.has(id)) now.set(id, { ...last, serverStatus: 'LOST' });
    }
    this.told.set(watch, now);
    const changed = [...now.values()].filter((one) => !isSame(one, seen.get(one.serverId)));
    if (changed.length === 0) return;
    const { cluster } = this.world;
    await signal(clusterWorkflowId(cluster), changed);
    for (const one of changed) {
      if (one.role === 'minion') await signal(minionWorkflowId(cluster, one.index), [one]);
    }
  }
}

export function observationOf(server: SurveyedServer): Observation {
  const { role, index, id, bootId, status, address, report, fault } = server;
  const detail = report === 'failed' ? 'sha256 differs' : fault;
  return { role, index, serverId: id, bootId, serverStatus: status, address, report, detail };
}

function isSame(a: Observation, b: Observation | undefined): boolean {
  return a.serverStatus === b?.serverStatus && a.address === b.address && a.report === b.report;
}

async function signal(id: string, changed: Observation[]): Promise<void> {
  try {
    await Context.current().client.workflow.getHandle(id).signal(machinesChanged, changed);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

function faltered(retryAfterSeconds: number): KubeupError {
  return new KubeupError({
    kind: 'transient',
    reason: 'Faltered',
    attempted: 'watch',
    message: 'looked once',
    cure: 'None is needed',
    retryAfterSeconds,
  });
}
