import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities/index.js';
import type { Survey, SurveyedServer } from '../../activities/survey.js';
import type { Failure } from '../../cluster/errors.js';
import { serverName } from '../../cluster/names.js';
import type { Observation, ReportState } from '../../cluster/observation.js';
import {
  clusterWorkflowId,
  machinesChanged,
  minionWorkflowId,
} from '../../cluster/workflow-names.js';

/** How the servers of one machine turn out, one entry a boot; the last entry holds for all further ones. */
export type Fate = 'ready' | 'error' | 'fails' | 'silent';

/**
 * Activities whose outcomes a test writes down beforehand. They stand for the cloud in tests of the
 * workflows alone; the activities themselves are tested against the local cloud.
 */
export class ScriptedWorld {
  readonly calls: string[] = [];
  servers: SurveyedServer[] = [];
  network?: { id: string; own: boolean };
  keyPair?: { own: boolean };
  release = false;
  /** Failures by activity name, thrown in order, one a call. */
  readonly failures = new Map<string, Failure[]>();
  private readonly fates = new Map<string, Fate[]>();
  private readonly bootCounts = new Map<string, number>();

  /** `master`, `minion-1`, … */
  fate(machine: string, ...fates: Fate[]): void {
    this.fates.set(machine, fates);
  }

  fail(activity: keyof Activities, ...failures: Failure[]): void {
    this.failures.set(activity, failures);
  }

  count(call: string): number {
    return this.calls.filter((one) => one.startsWith(call)).length;
  }

  survey(): Survey {
    return {
      servers: [...this.servers],
      network: this.network,
      keyPair: this.keyPair,
      container: this.release,
      release: this.release,
    };
  }

  activities(): Activities {
    const act = <A, R>(name: keyof Activities, run: (request: A) => R | Promise<R>) => {
      return async (request: A): Promise<R> => {
        const failure = this.failures.get(name)?.shift();
        if (failure) {
          throw ApplicationFailure.create({
            type: failure.reason,
            message: failure.message,
            nonRetryable: failure.kind !== 'transient',
            details: [failure],
          });
        }
        this.calls.push(name);
        return run(request);
      };
    };
    return {
      preflight: act('preflight', () => ({
        imageId: 'image',
        masterFlavorId: 'small',
        minionFlavorId: 'large',
        frontNetworkIds: [],
        survey: this.survey(),
      })),
      uploadRelease: act('uploadRelease', () => {
        const made = !this.release;
        this.release = true;
        return { made, segmentsSent: made ? 1 : 0 };
      }),
      pruneReleases: act('pruneReleases', () => ({ deleted: [] })),
      deleteRelease: act('deleteRelease', () => {
        this.release = false;
        return { deleted: ['release'] };
      }),
      ensureNetwork: act('ensureNetwork', () => {
        const made = !this.network;
        this.network ??= { id: 'network', own: true };
        return { id: this.network.id, made };
      }),
      deleteNetwork: act('deleteNetwork', () => {
        this.network = undefined;
        return { deleted: ['network'] };
      }),
      ensureKeyPair: act('ensureKeyPair', () => {
        const made = !this.keyPair;
        this.keyPair ??= { own: true };
        return { made };
      }),
      deleteKeyPair: act('deleteKeyPair', () => {
        this.keyPair = undefined;
        return { deleted: ['key pair'] };
      }),
      bootServer: act('bootServer', ({ spec, role, index, bootId, masterAddress }) => {
        const name = serverName(spec.name, role, index);
        const kept = this.servers.find((server) => server.name === name);
        if (kept && kept.masterAddress === (masterAddress ?? '') && kept.status !== 'ERROR') {
          const { id: serverId } = kept;
          const seen = observationOf(kept);
          return { serverId, bootId: kept.bootId, made: false, deleted: [], seen };
        }
        this.servers = this.servers.filter((server) => server !== kept);
        const server = this.boot(name, role, index, bootId, masterAddress ?? '');
        return {
          serverId: server.id,
          bootId,
          made: true,
          deleted: kept ? [`${name} (${kept.id})`] : [],
        };
      }),
      lookAtMachine: act('lookAtMachine', ({ serverId, role, index, bootId }) => {
        const server = this.servers.find(({ id }) => id === serverId);
        return server
          ? observationOf(server)
          : { role, index, serverId, bootId, serverStatus: 'LOST', address: '' };
      }),
      deleteServers: act('deleteServers', ({ which }) => {
        const gone = this.servers.filter(({ id, index }) => {
          if ('ids' in which) return which.ids.includes(id);
          if ('allBut' in which) return !which.allBut.includes(id);
          return !which.kept.includes(id) && index > which.highestIndex;
        });
        this.servers = this.servers.filter((server) => !gone.includes(server));
        return { deleted: gone.map(({ name }) => name) };
      }),
      watchMachines: ({ cluster }) => this.watch(cluster),
      verifyCluster: act('verifyCluster', () => undefined),
    };
  }

  private boot(
    name: string,
    role: 'master' | 'minion',
    index: number,
    bootId: string,
    masterAddress: string,
  ): SurveyedServer {
    const machine = role === 'master' ? 'master' : `minion-${index}`;
    const nth = this.bootCounts.get(machine) ?? 0;
    this.bootCounts.set(machine, nth + 1);
    this.calls.push(`create ${machine}`);
    const fates = this.fates.get(machine) ?? ['ready'];
    const fate = fates[Math.min(nth, fates.length - 1)] ?? 'ready';
    const reports: Record<Fate, ReportState | undefined> = {
      ready: 'ready',
      fails: 'failed',
      error: undefined,
      silent: undefined,
    };
    const server: SurveyedServer = {
      id: randomUUID(),
      name,
      role,
      index,
      status: fate === 'error' ? 'ERROR' : 'ACTIVE',
      created: new Date().toISOString(),
      bootId,
      address: fate === 'error' ? '' : `192.168.0.${10 + index + 20 * nth}`,
      masterAddress,
      report: reports[fate],
      fault: fate === 'error' ? 'No valid host was found' : undefined,
    };
    this.servers.push(server);
    return server;
  }

  private async watch(cluster: string): Promise<never> {
    const { cancellationSignal: signal, client } = Context.current();
    const told = new Set<string>();
    for (;;) {
      const changed = this.servers.filter(({ id }) => !told.has(id)).map(observationOf);
      for (const one of changed) {
        told.add(one.serverId);
        const ids = [clusterWorkflowId(cluster)];
        if (one.role === 'minion') ids.push(minionWorkflowId(cluster, one.index));
        for (const id of ids) await client.workflow.getHandle(id).signal(machinesChanged, [one]);
      }
      Context.current().heartbeat();
      await sleep(20, undefined, { signal });
    }
  }
}

function observationOf(server: SurveyedServer): Observation {
  const { role, index, id, bootId, status, address, report, fault } = server;
  const detail = report === 'failed' ? 'sha256 differs' : fault;
  return { role, index, serverId: id, bootId, serverStatus: status, address, report, detail };
}
