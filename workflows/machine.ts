import { CancellationScope, condition, isCancellation, uuid4 } from '@temporalio/workflow';
import type { BootedServer, BootRequest } from '../activities/servers.js';
import type { Failure } from '../cluster/errors.js';
import { serverName } from '../cluster/names.js';
import {
  isSettled as hasSettled,
  isStopped,
  type MachineResult,
  type Observation,
} from '../cluster/observation.js';
import { wayBack } from '../cluster/set-aside.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { longWork, looks, steps } from './activities.js';
import { retire, whileAdmitted } from './admission.js';
import { failWith } from './failure.js';

/** What is known of machines, by server id: told by signals, and by direct looks when none came. */
export class Sightings {
  private readonly byServer = new Map<string, Observation>();
  private readonly toldAt = new Map<string, number>();
  private signals = 0;

  /** What a signal tells: later than all before. */
  tell(observations: readonly Observation[]): void {
    this.signals += 1;
    for (const one of observations) {
      this.byServer.set(one.serverId, one);
      this.toldAt.set(one.serverId, this.signals);
    }
  }

  /**
   * Begins a look. What it brings is older than whatever a signal has told of that server meanwhile. When it brings
   * nothing, what was known before holds no more.
   */
  look(): (serverId: string, seen: Observation | undefined) => void {
    const begun = this.signals;
    return (serverId, seen) => {
      if ((this.toldAt.get(serverId) ?? 0) > begun) return;
      if (seen) this.byServer.set(serverId, seen);
      else this.byServer.delete(serverId);
    };
  }

  of(serverId: string): Observation | undefined {
    return this.byServer.get(serverId);
  }
}

/** How much is kept of a cause, characters; those of all machines must fit into one answer of 2 MiB. */
const mostOfCause = 4_500;
const mostOfAll = 600_000;

/** What became of a machine that was as far as is waited for, and went off. */
const stopped = 'it came up, and went off again';
/** How often such a one is started. */
const mostStarts = 5;
/** What became of such a one that was started, and was not on by its deadline. */
const staysOff = 'it was started, and stays off';
/** What became of a machine that somebody had set aside at its deadline. */
const setAside = 'somebody set it aside';

export type MachineRequest = Omit<BootRequest, 'bootId'>;

/**
 * Brings up one machine: boots its server or adopts it, awaits its address and its `ready` report, and
 * replaces it, a bounded number of times, when it goes to ERROR, is lost, reports `failed` or is silent
 * past its deadline. One that somebody has set aside is left alone, and so is one that had come up: it holds data.
 */
export class Machine {
  attempts = 0;
  private serverId = '';
  private address = '';
  private failure?: Failure;
  private ended = false;
  readonly changes: string[] = [];

  constructor(
    private readonly request: MachineRequest,
    private readonly sightings: Sightings,
    /** Milliseconds without news after which the cloud is asked directly; the deadline when omitted. */
    private readonly askEveryMs = request.spec.machineTimeoutSeconds * 1000,
  ) {}

  get name(): string {
    return serverName(this.request.spec.name, this.request.role, this.request.index);
  }

  /**
   * Resolves with the address when it is known; with nothing when `bringUp` has ended before. A cancellation
   * alone does not end the wait: a server that is being created must be there before anything is undone.
   */
  async awaitAddress(): Promise<string | undefined> {
    await CancellationScope.nonCancellable(() =>
      condition(() => this.address !== '' || this.ended),
    );
    return this.address || undefined;
  }

  /** Resolves when the machine has not, or will not have, this address any more. */
  async loses(address: string): Promise<void> {
    await condition(() => {
      const last = this.sightings.of(this.serverId);
      const isLost = last !== undefined && whatFailed(last, this.request.spec.wait) !== undefined;
      return this.address !== address || this.failure !== undefined || (this.ended && isLost);
    });
  }

  /** Resolves when the machine is ready or given up; rejects when a step is blocked, or on cancellation. */
  async bringUp(): Promise<MachineResult> {
    let starts = 0;
    try {
      for (;;) {
        const server = await this.boot();
        const { spec, index } = this.request;
        const failure = await whileAdmitted({ spec, index, bootId: server.bootId }, () =>
          this.settled(server),
        );
        if (!failure) return this.result();
        // Adopting it starts it again.
        if (failure === stopped && ++starts <= mostStarts) continue;
        if (failure === stopped || failure === staysOff) {
          throw failWith(this.leftOff(server.serverId, failure));
        }
        // Adopting it is refused, with the way back, as long as it is set aside.
        if (failure === setAside) continue;
        const cause = failure + (await this.diagnosis(server.serverId));
        if (this.attempts > this.request.spec.maxReplacements) {
          this.failure = this.givenUp(cause);
          return this.result();
        }
        this.changes.push(`replaced ${this.name}: ${failure.split('\n', 1)[0]}`);
        await this.discard(server.serverId);
      }
    } catch (error) {
      // How it stands is not known any more: nobody may go on with its address.
      this.address = '';
      throw error;
    } finally {
      this.ended = true;
    }
  }

  private async boot(): Promise<BootedServer> {
    const saw = this.sightings.look();
    const server = await steps.bootServer.executeWithOptions({ summary: `boot ${this.name}` }, [
      { ...this.request, bootId: uuid4() },
    ]);
    saw(server.serverId, server.seen);
    for (const one of server.deleted) this.changes.push(`deleted ${one}`);
    if (server.started) this.changes.push(`started server ${this.name}`);
    if (server.serverId === this.serverId) return server;
    this.serverId = server.serverId;
    this.changes.push(`${server.made ? 'made' : 'adopted'} server ${this.name}`);
    if (server.made || this.attempts > 0) this.attempts += 1;
    return server;
  }

  /** Awaits `ready`; resolves with what went wrong instead, if anything. */
  private async settled({ serverId, bootId, started }: BootedServer): Promise<string | undefined> {
    const { spec, role, index } = this.request;
    // One that was told to start is off until the cloud has come to it.
    let isOn = !started;
    const seen = (): Observation | undefined => {
      const one = this.sightings.of(serverId);
      if (one?.address && !whatFailed(one, spec.wait)) this.address = one.address;
      if (one && !isStopped(one, spec.wait)) isOn = true;
      return one;
    };
    const isSettled = (): boolean => {
      const one = seen();
      return (
        one !== undefined &&
        (hasSettled(one, spec.wait) ||
          (isOn && isStopped(one, spec.wait)) ||
          whatFailed(one, spec.wait) !== undefined)
      );
    };
    const deadline = Date.now() + spec.machineTimeoutSeconds * 1000;
    while (!(await this.orTimer(isSettled, Math.min(this.askEveryMs, deadline - Date.now())))) {
      const saw = this.sightings.look();
      const looked = await steps.lookAtMachine.executeWithOptions(
        { summary: `ask the cloud about ${this.name}` },
        [{ spec, role, index, bootId, serverId }],
      );
      saw(serverId, looked);
      if (isSettled()) break;
      if (Date.now() >= deadline) {
        if (wayBack({ id: serverId, status: looked.serverStatus })) return setAside;
        if (isStopped(looked, spec.wait)) return staysOff;
        return `not ready after ${spec.machineTimeoutSeconds} s: server ${looked.serverStatus}, ${
          looked.report ? `last report \`${looked.report}\`` : 'it never reported'
        }`;
      }
    }
    const last = seen();
    if (last && isStopped(last, spec.wait)) return stopped;
    return last && whatFailed(last, spec.wait);
  }

  private orTimer(isSettled: () => boolean, ms: number): Promise<boolean> {
    return condition(isSettled, ms, { summary: `ask about ${this.name} when no signal came` });
  }

  /** What the machine itself shows, while it is still there. */
  private async diagnosis(serverId: string): Promise<string> {
    const { spec } = this.request;
    try {
      const seen = await looks.diagnoseMachine.executeWithOptions(
        { summary: `look at ${this.name}` },
        [{ spec, serverId }],
      );
      return seen && `\nSeen on the machine:\n${seen}`;
    } catch (error) {
      if (isCancellation(error)) throw error;
      return '';
    }
  }

  private async discard(serverId: string): Promise<void> {
    this.address = '';
    const { spec, index } = this.request;
    if (index > 0) this.changes.push(...(await retire(spec, [index])));
    await longWork.deleteServers.executeWithOptions({ summary: `delete ${this.name}` }, [
      { cluster: spec.name, which: { ids: [serverId] } },
    ]);
  }

  private leftOff(serverId: string, what: string): Failure {
    return {
      kind: 'blocked',
      reason: 'ServerStaysOff',
      attempted: `start ${this.name}`,
      message: `server ${serverId}: ${what}`,
      cure: `\`openstack server start ${serverId}\` and see why it does not stay on, or delete it to have it made anew; then \`kubeup retry\``,
    };
  }

  private givenUp(cause: string): Failure {
    const machines = this.request.spec.minions + 1;
    const length = Math.min(mostOfCause, Math.ceil(mostOfAll / machines));
    return {
      kind: 'blocked',
      reason: this.request.role === 'master' ? 'MasterFailed' : 'MinionFailed',
      attempted: `bring up ${this.name}`,
      message: `given up after ${this.attempts} servers; the last: ${cause.slice(0, length)}`,
      cure: `Look at its console log (\`nova console-log ${this.name}\`), mend the cause, then \`kubeup retry\``,
    };
  }

  private result(): MachineResult {
    return {
      serverId: this.serverId,
      address: this.address,
      attempts: this.attempts,
      failure: this.failure,
    };
  }
}

function whatFailed(seen: Observation, wait: ClusterSpec['wait']): string | undefined {
  const { report, serverStatus, detail } = seen;
  if (serverStatus === 'ERROR') return `the cloud put it in ERROR: ${detail ?? 'no reason given'}`;
  if (serverStatus === 'LOST') return 'its server is gone';
  // One that was ready is started again when it is adopted; one that was not cannot be trusted to go on.
  if (serverStatus === 'SHUTOFF' && !isStopped(seen, wait)) {
    return 'its server is off: it went down by itself, or was stopped';
  }
  if (report === 'failed') return `its start script failed: ${detail ?? 'no reason given'}`;
  return undefined;
}
