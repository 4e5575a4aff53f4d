import type { Preflight } from '../activities/preflight.js';
import type { Survey } from '../activities/survey.js';
import { counted } from '../cluster/counted.js';
import type { ClusterSpec } from '../cluster/spec.js';
import type { ConditionType } from '../cluster/status.js';
import { longWork, steps } from './activities.js';

/** What an undo may remove, and from where. */
export interface UndoScope {
  cluster: string;
  /** Where its releases and mailboxes are: the one of the spec, and those that its servers name. */
  containers: Set<string>;
  /** Rolling back: what existed before the run stays. Tearing down: undefined, all that kubeup made goes. */
  before?: { survey: Survey; spec: ClusterSpec };
}

/**
 * One step of the guide: what it does, what it adopts, and how it is undone, side by side.
 * Failures are answered alike in all: *transient* is retried by the activity, which looks again first;
 * *blocked* parks, fails or rolls back by the spec's policy; *invalid* fails before anything was made.
 */
export interface Step<Out> {
  /** Condition of the bring-up, and of the tear-down. */
  done: ConditionType;
  undone: ConditionType;
  doing: string;
  do(spec: ClusterSpec): Promise<Out>;
  /** Names what it removed. */
  undo(scope: UndoScope): Promise<string[]>;
}

/** Adopts the release that is already in the container, and every segment of it. */
export const release: Step<string[]> = {
  done: 'ReleaseUploaded',
  undone: 'ReleaseDeleted',
  doing: 'Uploading',
  async do(spec) {
    const { made, segmentsSent } = await longWork.uploadRelease.executeWithOptions(
      { summary: `upload ${spec.release.file.split('/').pop()}` },
      [spec],
    );
    return [
      made
        ? `made release ${spec.release.sha256.slice(0, 12)} (${counted(segmentsSent, 'segment')} sent)`
        : `adopted release ${spec.release.sha256.slice(0, 12)}`,
    ];
  },
  async undo({ cluster, containers, before }) {
    if (before?.survey.release) return [];
    const all: string[] = [];
    for (const container of containers) {
      const { deleted } = await longWork.deleteRelease.executeWithOptions(
        { summary: `delete the release in ${container}` },
        [{ cluster, container, sha256: before?.spec.release.sha256 }],
      );
      all.push(...deleted);
    }
    return all;
  },
};

/** Adopts the network of that label; a user's own is used and never deleted. */
export const network: Step<{ id: string; changes: string[] }> = {
  done: 'NetworkReady',
  undone: 'NetworkDeleted',
  doing: 'Creating',
  async do(spec) {
    const { id, made } = await steps.ensureNetwork.executeWithOptions(
      { summary: `cloud network ${spec.network.label}` },
      [spec],
    );
    return { id, changes: [`${made ? 'made' : 'adopted'} network ${spec.network.label}`] };
  },
  async undo({ cluster, before }) {
    if (before?.survey.network) return [];
    const { deleted } = await steps.deleteNetwork.executeWithOptions(
      { summary: 'delete the cloud network' },
      [cluster],
    );
    return deleted;
  },
};

/** Adopts the same key under that name; another key under it is an answer for a person. */
export const keyPair: Step<string[]> = {
  done: 'KeyPairReady',
  undone: 'KeyPairDeleted',
  doing: 'Importing',
  async do(spec) {
    const { made } = await steps.ensureKeyPair.executeWithOptions(
      { summary: `key pair ${spec.keyPair.name}` },
      [spec],
    );
    return [`${made ? 'made' : 'adopted'} key pair ${spec.keyPair.name}`];
  },
  async undo({ cluster, before }) {
    if (before?.survey.keyPair) return [];
    const { deleted } = await steps.deleteKeyPair.executeWithOptions(
      { summary: 'delete the key pair' },
      [cluster],
    );
    return deleted;
  },
};

export type Undo = Pick<Step<never>, 'undone' | 'undo'>;

/** Master and minions are undone together: one list, one wait, highest minion first and the master last. */
export const servers: Undo = {
  undone: 'ServersDeleted',
  async undo({ cluster, containers, before }) {
    const allBut = before?.survey.servers.map(({ id }) => id) ?? [];
    const { deleted, containers: theirs } = await longWork.deleteServers.executeWithOptions(
      { summary: 'delete the servers' },
      [{ cluster, which: { allBut } }],
    );
    for (const container of theirs) containers.add(container);
    return deleted;
  },
};

/** Every undo, in the reverse order of the steps. */
export const undos: Undo[] = [servers, keyPair, network, release];

/** Where the machines go: ids from preflight, the cloud network last. */
export function networkIdsOf(found: Preflight, networkId: string): string[] {
  return [...found.frontNetworkIds, networkId];
}
