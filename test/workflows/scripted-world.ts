import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { asActivity } from '../../activities/as-activity.js';
import type { Activities } from '../../activities/index.js';
import type { BootedServer, BootRequest } from '../../activities/servers.js';
import type { Survey, SurveyedServer } from '../../activities/survey.js';
import { KubeupError, type Failure } from '../../cluster/errors.js';
import { serverName } from '../../cluster/names.js';
import { isUnbuilt } from '../../cluster/release-request.js';
import { refuseSetAside } from '../../cluster/set-aside.js';
import type { ClusterSpec } from '../../cluster/spec.js';
import { observationOf, ScriptedWatcher } from './scripted-watcher.js';

/** How the servers of one machine turn out, one entry a boot; the last entry holds for all further ones. */
export type Fate =
  /** It reports ready: at once, or when it has been let into its Kubernetes. */
  | 'ready'
  /** The cloud puts it in ERROR. */
  | 'error'
  /** Its start script reports failure. */
  | 'fails'
  /** It never reports. */
  | 'silent';

/** Calls that are kept under way. */
export interface Hold {
  /** Resolves when the first one is. */
  reached: Promise<void>;
  /** Resolves when one of them was told that it is cancelled. */
  cancelled: Promise<void>;
  /** Lets them, and all later ones, go on. */
  release(): void;
}

/**
 * One cluster's activities, whose outcomes a test writes down beforehand. They stand for the cloud in tests of
 * the workflows alone; the activities themselves are tested against the local cloud.
 */
export class ScriptedWorld {
  /** In order: activities by name (`bootServer minion-1` for boots), and `create minion-1` for each server made. */
  readonly calls: string[] = [];
  /** Activities under way. */
  readonly running: string[] = [];
  readonly watcher = new ScriptedWatcher(this);
  readonly activities = this.scripted();
  /** Oldest first. */
  servers: SurveyedServer[] = [];
  network?: { id: string; own: boolean };
  keyPair?: { own: boolean };
  release = false;
  /** Servers that are told to start stay off. */
  slowToStart = false;
  /** Servers that will report ready once they are let in, by boot id. */
  private readonly joining = new Map<string, SurveyedServer>();
  private readonly fates = new Map<string, Fate[]>();
  private readonly failures = new Map<string, Failure[]>();
  private readonly holds = new Map<string, HeldCalls>();

  constructor(readonly cluster: string) {}

  /** `master`, `minion-1`, … */
  fate(machine: string, ...fates: Fate[]): void {
    this.fates.set(machine, fates);
  }

  /** What the next calls throw, one a call. `call` as in {@link calls}; of boots also without the machine. */
  fail(call: string, ...failures: Failure[]): void {
    this.failures.set(call, failures);
  }

  /** Keeps calls under way until released, or until they are cancelled if they heed that (a lasting wait does). */
  hold(call: string, { heeds = true } = {}): Hold {
    const held = new HeldCalls(heeds);
    this.holds.set(call, held);
    return held;
  }

  count(call: string): number {
    return this.calls.filter((one) => one === call || one.startsWith(`${call} `)).length;
  }

  server(machine: string): SurveyedServer | undefined {
    return this.servers.find(({ name }) => name === `${this.cluster}-${machine}`);
  }

  /** The server is gone, and not by kubeup. */
  lose(machine: string): void {
    this.servers = this.servers.filter(({ name }) => name !== `${this.cluster}-${machine}`);
  }

  private scripted(): Activities {
    const act = <A, R>(name: string, run: (request: A) => R | Promise<R>) =>
      asActivity(async (request: A): Promise<R> => {
        const machine = name === 'bootServer' ? ` ${machineOf(request as BootRequest)}` : '';
        this.calls.push(`${name}${machine}`);
        this.running.push(`${name}${machine}`);
        try {
          await this.pass(name + machine);
          if (machine) await this.pass(name);
          return await run(request);
        } finally {
          this.running.splice(this.running.indexOf(`${name}${machine}`), 1);
        }
      });
    return {
      preflight: act('preflight', ({ spec }) => ({
        imageId: 'image',
        masterFlavorId: 'small',
        minionFlavorId: 'large',
        frontNetworkIds: [],
        survey: this.survey(spec),
      })),
      uploadRelease: act('uploadRelease', () => {
        const made = !this.release;
        this.release = true;
        return { made, segmentsSent: made ? 1 : 0 };
      }),
      pruneReleases: act('pruneReleases', () => ({ deleted: [] })),
      deleteRelease: act('deleteRelease', () => {
        const deleted = this.release ? ['release'] : [];
        this.release = false;
        return { deleted };
      }),
      ensureNetwork: act('ensureNetwork', () => {
        const made = !this.network;
        this.network ??= { id: 'network', own: true };
        return { id: this.network.id, made };
      }),
      deleteNetwork: act('deleteNetwork', () => {
        const deleted = this.network?.own ? ['network'] : [];
        if (this.network?.own) this.network = undefined;
        return { deleted };
      }),
      ensureKeyPair: act('ensureKeyPair', () => {
        const made = !this.keyPair;
        this.keyPair ??= { own: true };
        return { made };
      }),
      deleteKeyPair: act('deleteKeyPair', () => {
        const deleted = this.keyPair?.own ? ['key pair'] : [];
        if (this.keyPair?.own) this.keyPair = undefined;
        return { deleted };
      }),
      bootServer: act('bootServer', (request: BootRequest) => this.boot(request)),
      lookAtMachine: act('lookAtMachine', ({ serverId, role, index, bootId }) => {
        const server = this.servers.find(({ id }) => id === serverId);
        return server
          ? observationOf(server)
          : { role, index, serverId, bootId, serverStatus: 'LOST', address: '' };
      }),
      diagnoseMachine: act('diagnoseMachine', () => ''),
      deleteServers: act('deleteServers', ({ which }) => {
        const gone = this.servers.filter(({ id, index }) => {
          if ('ids' in which) return which.ids.includes(id);
          if ('allBut' in which) return !which.allBut.includes(id);
          return !which.kept.includes(id) && index > which.highestIndex;
        });
        this.servers = this.servers.filter((server) => !gone.includes(server));
        return { deleted: gone.map(({ name }) => name), containers: [] };
      }),
      watchMachines: act('watchMachines', () => this.watcher.watch()),
      verifyCluster: act('verifyCluster', () => undefined),
      buildRelease: act('buildRelease', () => ({ sha256: 'b'.repeat(64), bytes: 2 })),
      admitMinion: act('admitMinion', ({ bootId }) => {
        const server = this.joining.get(bootId);
        if (server) server.report = 'ready';
      }),
      endAdmission: act('endAdmission', () => undefined),
      retireMinions: act('retireMinions', () => ({ retired: [] })),
      verifyApi: act('verifyApi', () => undefined),
      verifyNodes: act('verifyNodes', () => undefined),
      verifyPodNetwork: act('verifyPodNetwork', () => undefined),
      verifyDns: act('verifyDns', () => undefined),
    };
  }

  /** Holds the call, or fails it, as the test wrote down. */
  async pass(call: string): Promise<void> {
    await this.holds.get(call)?.pass();
    const failure = this.failures.get(call)?.shift();
    if (failure) throw new KubeupError(failure);
  }

  private survey({ release }: ClusterSpec): Survey {
    return {
      servers: this.servers.map((server) => ({ ...server })),
      network: this.network,
      keyPair: this.keyPair,
      container: this.release,
      // Of what is yet to be built nobody can look for the hash.
      release: this.release && !isUnbuilt(release),
    };
  }

  private boot(request: BootRequest): BootedServer {
    const { spec, role, index, bootId, masterAddress = '' } = request;
    const name = serverName(spec.name, role, index);
    const kept = this.servers.find((server) => server.name === name);
    if (kept?.masterAddress === masterAddress && kept.status !== 'ERROR') {
      refuseSetAside(kept);
      const made = kept.bootId === bootId;
      if (kept.status === 'SHUTOFF' && kept.report === 'ready') {
        this.calls.push(`start ${machineOf(request)}`);
        if (!this.slowToStart) kept.status = 'ACTIVE';
        return { serverId: kept.id, bootId: kept.bootId, made, deleted: [], started: true };
      }
      const seen = observationOf(kept);
      return { serverId: kept.id, bootId: kept.bootId, made, deleted: [], seen };
    }
    this.servers = this.servers.filter((server) => server !== kept);
    const { id } = this.create(request, name);
    const deleted = kept ? [`${name} (${kept.id})`] : [];
    return { serverId: id, bootId, made: true, deleted };
  }

  private create(request: BootRequest, name: string): SurveyedServer {
    const { spec, role, index, bootId, masterAddress = '' } = request;
    const nth = this.count(`create ${machineOf(request)}`);
    this.calls.push(`create ${machineOf(request)}`);
    const fates = this.fates.get(machineOf(request)) ?? ['ready'];
    const fate = fates[Math.min(nth, fates.length - 1)];
    const joins = fate === 'ready' && role === 'minion' && spec.release.kubernetes !== undefined;
    const server: SurveyedServer = {
      id: randomUUID(),
      name,
      role,
      index,
      status: fate === 'error' ? 'ERROR' : 'ACTIVE',
      created: new Date().toISOString(),
      bootId,
      imageId: request.imageId,
      flavorId: request.flavorId,
      address: fate === 'error' ? '' : `192.168.${nth}.${10 + index}`,
      release: spec.release.sha256.slice(0, 12),
      container: spec.release.container,
      masterAddress,
      report: fate === 'fails' ? 'failed' : fate === 'ready' && !joins ? 'ready' : undefined,
      fault: fate === 'error' ? 'No valid host was found' : undefined,
    };
    this.servers.push(server);
    if (joins) this.joining.set(bootId, server);
    return server;
  }
}

class HeldCalls implements Hold {
  private isOpen = false;
  private reach!: () => void;
  private cancel!: () => void;
  readonly reached = new Promise<void>((resolve) => (this.reach = resolve));
  readonly cancelled = new Promise<void>((resolve) => (this.cancel = resolve));

  constructor(private readonly heedsCancellation: boolean) {}

  release(): void {
    this.isOpen = true;
  }

  async pass(): Promise<void> {
    this.reach();
    const { cancellationSignal: signal } = Context.current();
    while (!this.isOpen) {
      Context.current().heartbeat();
      if (signal.aborted) {
        this.cancel();
        if (this.heedsCancellation) signal.throwIfAborted();
      }
      await sleep(20);
    }
  }
}

function machineOf({ role, index }: BootRequest): string {
  return role === 'master' ? 'master' : `minion-${index}`;
}

/** One worker's activities for many worlds: each call goes to the world of its cluster. */
export function activitiesIn(worlds: ReadonlyMap<string, ScriptedWorld>): Activities {
  const route = (name: keyof Activities) => (request: unknown) => {
    const world = worlds.get(clusterOf(request));
    if (!world) throw new Error(`no world for ${name} ${JSON.stringify(request)}`);
    return (world.activities[name] as (request: unknown) => unknown)(request);
  };
  const names = Object.keys(new ScriptedWorld('').activities) as (keyof Activities)[];
  return Object.fromEntries(names.map((name) => [name, route(name)])) as unknown as Activities;
}

function clusterOf(request: unknown): string {
  if (typeof request === 'string') return request;
  const { cluster, spec, name, file } = request as {
    cluster?: string;
    spec?: { name: string };
    name?: string;
    file?: string;
  };
  // A build knows no cluster but by the path, which the stage chose: /releases/<cluster>/…
  return cluster ?? spec?.name ?? name ?? file?.split('/')[2] ?? '';
}
