import { setTimeout as sleep } from 'node:timers/promises';
import { renderUserData } from '../boot/user-data.js';
import { parseReportContentType, redact } from '../boot/report.js';
import type { Server } from '../cloud/port.js';
import { podRange } from '../cluster/addressing.js';
import { KubeupError } from '../cluster/errors.js';
import {
  metadataKeys,
  readServerMark,
  releaseObject,
  releaseTag,
  reportObject,
  serverName,
} from '../cluster/names.js';
import { isStopped, type Observation } from '../cluster/observation.js';
import { refuseSetAside } from '../cluster/set-aside.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { clusterCa } from '../home/certificates.js';
import { joinToken } from '../home/join-token.js';
import { ownerOf } from '../home/owner.js';
import { sshHostKeys } from '../home/ssh-keys.js';
import { cancellationSignal } from './as-activity.js';
import type { Dependencies } from './context.js';
import { ownServers, type OwnServer } from './own-servers.js';
import { publicKeyOf } from './ssh-key.js';
import { ensureTempUrlKey } from './temp-url-key.js';

/** One machine to be: everything that was decided before the create call is made. */
export interface BootRequest {
  spec: ClusterSpec;
  role: 'master' | 'minion';
  /** 0 for the master. */
  index: number;
  /** Minted by the workflow: a retry of the same attempt finds its own server by it. */
  bootId: string;
  imageId: string;
  flavorId: string;
  /** In the order of the interfaces; the cloud network last. */
  networkIds: string[];
  /** Minions: the master's address on the cloud network. */
  masterAddress?: string;
}

export interface BootedServer {
  serverId: string;
  /** Of the server that is kept: another than the request's when it was adopted. */
  bootId: string;
  made: boolean;
  /** What was deleted on the way, one line each: broken ones, and doubles. */
  deleted: string[];
  /** How an adopted one stands: the watcher may have told of it before anybody listened. */
  seen?: Observation;
  /** It had come up before, was off, and was told to start: how it stands is yet to be seen. */
  started?: boolean;
}

/** How much of a failed machine's report is read: its reason comes first. */
export const detailBytes = 2_048;

/** How long a deletion may take until the cloud no longer shows the server, milliseconds; less than a step may. */
const deletionMs = 240_000;
const pollMs = 1_000;

/**
 * Looks before it creates: Nova has no idempotency token and names are not unique. Keeps the oldest usable
 * server of that name, deletes its doubles and broken ones, and makes one only when none is left.
 */
export async function bootServer(
  dependencies: Dependencies,
  request: BootRequest,
): Promise<BootedServer> {
  const { cloud, rootSecret } = dependencies;
  const { spec } = request;
  const name = serverName(spec.name, request.role, request.index);
  const found = await cloud.compute.listServers({ name });
  const namesakes = found.filter(({ deleting, status }) => !deleting && status !== 'DELETED');
  const owner = ownerOf(rootSecret);
  const foreign = namesakes.find(({ metadata }) => {
    const mark = readServerMark(metadata);
    return mark?.cluster !== spec.name || mark.owner !== owner;
  });
  if (foreign) throw nameTaken(name, foreign.id);

  const byAge = [...namesakes].sort((a, b) => a.created.localeCompare(b.created));
  const kept = byAge.find((server) => isUsable(server, request));
  if (kept) refuseSetAside(kept);
  const surplus = byAge.filter((server) => server !== kept);
  for (const { id } of surplus) await cloud.compute.deleteServer(id);
  await emptyMailboxes(dependencies, surplus, kept ? [kept] : []);
  // The quota may have room for the successor only when they are gone.
  if (!kept) await untilGone(dependencies, surplus);
  const deleted = surplus.map((server) => `${name} (${server.id}, ${whyDeleted(server, request)})`);
  if (kept) {
    const bootId = kept.metadata[metadataKeys.boot] ?? '';
    const { role, index } = request;
    const seen = await lookAtMachine(dependencies, {
      ...{ spec, role, index, bootId },
      serverId: kept.id,
    });
    const adopted = { serverId: kept.id, bootId, made: bootId === request.bootId, deleted };
    if (!isStopped(seen, spec.wait)) return { ...adopted, seen };
    await cloud.compute.startServer(kept.id);
    return { ...adopted, started: true };
  }
  const userData = await userDataOf(dependencies, request);
  const create = (): Promise<{ id: string }> =>
    cloud.compute.createServer({
      name,
      imageId: request.imageId,
      flavorId: request.flavorId,
      keyName: spec.keyPair.name,
      networkIds: request.networkIds,
      metadata: metadataOf(rootSecret, request),
      userData,
    });
  // An earlier attempt may have begun to make room, and have been killed while it waited.
  const leaving = found.filter(({ deleting }) => deleting);
  const { id } = await create().catch(async (error: unknown) => {
    if (leaving.length === 0 || !isQuotaExceeded(error)) throw error;
    await untilGone(dependencies, leaving);
    return create();
  });
  return { serverId: id, bootId: request.bootId, made: true, deleted };
}

function isQuotaExceeded(error: unknown): boolean {
  return error instanceof KubeupError && error.failure.reason === 'QuotaExceeded';
}

async function untilGone({ cloud }: Dependencies, servers: readonly Server[]): Promise<void> {
  const signal = cancellationSignal();
  const deadline = Date.now() + deletionMs;
  for (const { id, name } of servers) {
    for (;;) {
      const server = await cloud.compute.getServer(id);
      if (!server || server.status === 'DELETED') break;
      if (Date.now() > deadline) throw deletionStuck([name]);
      await sleep(pollMs, undefined, { signal });
    }
  }
}

/** Asks the cloud directly about one machine, for when no signal came. */
export async function lookAtMachine(
  { cloud }: Dependencies,
  request: Pick<BootRequest, 'spec' | 'role' | 'index' | 'bootId'> & { serverId: string },
): Promise<Observation> {
  const { spec, role, index, bootId, serverId } = request;
  const server = await cloud.compute.getServer(serverId);
  const mark = server && readServerMark(server.metadata);
  const container = mark?.container || spec.release.container;
  const object = reportObject(spec.name, bootId);
  const report = await cloud.objectStorage.headObject(container, object);
  const state = report && parseReportContentType(report.contentType);
  const detail =
    state === 'failed'
      ? await cloud.objectStorage.readText(container, object, detailBytes)
      : server?.fault;
  return {
    role,
    index,
    serverId,
    bootId,
    serverStatus: !server || server.deleting ? 'LOST' : server.status,
    address: server?.addresses[mark?.network || spec.network.label]?.[0] ?? '',
    report: state,
    detail: detail && redact(detail),
  };
}

/** Which of a cluster's servers are meant. */
export type ServerSelection =
  /** Those of these ids. */
  | { ids: string[] }
  /** All but those of these ids. */
  | { allBut: string[] }
  /** What is too many: doubles of the kept ones (ids), and minions of a higher index. */
  | { kept: string[]; highestIndex: number };

/**
 * Deletes servers of the cluster, minions of the highest index first and the master last, waits until the cloud
 * no longer shows them, and empties their mailboxes.
 *
 * @returns the names of what was deleted, and the containers their mailboxes were in
 */
export async function deleteServers(
  dependencies: Dependencies,
  request: { cluster: string; which: ServerSelection },
): Promise<{ deleted: string[]; containers: string[] }> {
  const { cloud } = dependencies;
  const { cluster, which } = request;
  const gone = new Map<string, OwnServer>();
  const signal = cancellationSignal();
  for (const deadline = Date.now() + deletionMs; ;) {
    const servers = await ownServers(dependencies, cluster);
    const left = select(servers, which);
    const kept = servers.filter((server) => !left.includes(server));
    if (left.length === 0) {
      // Once more: one that was still running may have reported after it was told to go.
      await emptyMailboxes(dependencies, [...gone.values()], kept);
      return {
        deleted: [...new Set([...gone.values()].map(({ name }) => name))],
        containers: [...new Set([...gone.values()].map(({ mark }) => mark.container))],
      };
    }
    if (Date.now() > deadline) throw deletionStuck(left.map(({ name }) => name));
    for (const server of left.sort((a, b) => b.mark.index - a.mark.index)) {
      gone.set(server.id, server);
      if (server.deleting) continue;
      await cloud.compute.deleteServer(server.id);
      await emptyMailboxes(dependencies, [server], kept);
    }
    await sleep(pollMs, undefined, { signal });
  }
}

function select(servers: OwnServer[], which: ServerSelection): OwnServer[] {
  if ('ids' in which) return servers.filter(({ id }) => which.ids.includes(id));
  if ('allBut' in which) return servers.filter(({ id }) => !which.allBut.includes(id));
  const { kept, highestIndex } = which;
  const keptNames = new Set(servers.filter(({ id }) => kept.includes(id)).map(({ name }) => name));
  return servers.filter(
    ({ id, name, mark }) =>
      !kept.includes(id) && (keptNames.has(name) || mark.index > highestIndex),
  );
}

/** Deletes the reports of servers that go. Doubles share a boot and so a mailbox: that of a kept one stays. */
async function emptyMailboxes(
  { cloud }: Dependencies,
  going: readonly Server[],
  kept: readonly Server[],
): Promise<void> {
  const inUse = new Set(kept.map(({ metadata }) => readServerMark(metadata)?.bootId));
  for (const { metadata } of going) {
    const mark = readServerMark(metadata);
    if (!mark?.bootId || !mark.container || inUse.has(mark.bootId)) continue;
    await cloud.objectStorage.deleteObject(mark.container, reportObject(mark.cluster, mark.bootId));
  }
}

/** A minion that was given another master's address can never join: it counts as broken. */
function isUsable(server: Server, { masterAddress }: BootRequest): boolean {
  if (server.status === 'ERROR') return false;
  return !masterAddress || server.metadata[metadataKeys.master] === masterAddress;
}

function whyDeleted(server: Server, request: BootRequest): string {
  if (server.status === 'ERROR') return `in ERROR: ${server.fault ?? 'no reason given'}`;
  return isUsable(server, request) ? 'a double' : 'made for another master address';
}

function metadataOf(rootSecret: Buffer, request: BootRequest): Record<string, string> {
  const { spec, role, index, bootId, masterAddress } = request;
  const tag = role === 'master' ? spec.masterTag : spec.minionTag;
  const [key = 'tags', ...value] = tag.split('=');
  return {
    [metadataKeys.cluster]: spec.name,
    [metadataKeys.role]: role,
    [metadataKeys.index]: String(index),
    [metadataKeys.release]: releaseTag(spec.release.sha256),
    [metadataKeys.boot]: bootId,
    [metadataKeys.owner]: ownerOf(rootSecret),
    [metadataKeys.container]: spec.release.container,
    [metadataKeys.network]: spec.network.label,
    ...(masterAddress && { [metadataKeys.master]: masterAddress }),
    [key]: value.join('='),
  };
}

/** Signed URLs live this much longer than the machine's own deadline, seconds. */
const urlGraceSeconds = 600;

async function userDataOf(dependencies: Dependencies, request: BootRequest): Promise<string> {
  const { cloud, rootSecret } = dependencies;
  const { spec, role, index, bootId, masterAddress } = request;
  const key = await ensureTempUrlKey(dependencies);
  const deadline = Math.floor(Date.now() / 1000) + spec.machineTimeoutSeconds;
  const expires = deadline + urlGraceSeconds;
  const { container, sha256, bytes } = spec.release;
  const sign = (method: 'GET' | 'PUT', object: string): Promise<string> =>
    cloud.objectStorage.tempUrl(method, container, object, key, expires, { internal: true });
  const ca = await clusterCa(rootSecret, spec.name);
  const token = joinToken(rootSecret, spec.name, bootId);
  return renderUserData({
    cluster: spec.name,
    role,
    index,
    name: serverName(spec.name, role, index),
    podRange: podRange(spec.podNetwork, index),
    podNetwork: spec.podNetwork,
    portalNet: spec.portalNet,
    cloudNetwork: spec.network.cidr,
    dns: spec.dns,
    masterAddress,
    release: { url: await sign('GET', releaseObject(spec.name, sha256)), sha256, bytes },
    reportUrl: await sign('PUT', reportObject(spec.name, bootId)),
    deadline,
    ca: { certificate: ca.certificate, ...(role === 'master' && { key: ca.key }) },
    ...(role === 'minion' && { joinToken: `${token.id}.${token.secret}` }),
    hostKey: sshHostKeys(rootSecret, spec.name, bootId),
    sshPublicKey: publicKeyOf(rootSecret, spec),
  });
}

function nameTaken(name: string, id: string): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'NameTaken',
    attempted: `create server ${name}`,
    message: `server ${id} already has that name and kubeup did not make it`,
    cure: 'Rename or delete that server and `kubeup retry`, or choose another INSTANCE_PREFIX',
  });
}

function deletionStuck(names: string[]): KubeupError {
  return new KubeupError({
    kind: 'blocked',
    reason: 'DeletionStuck',
    attempted: `delete servers ${names.join(', ')}`,
    message: `the cloud still shows them after ${deletionMs / 1000} s`,
    cure: 'Look at them with `nova list`, ask the provider when one is stuck, then `kubeup retry`',
  });
}
