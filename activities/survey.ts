import type { StoredObject } from '../cloud/port.js';
import type { ReportState } from '../cluster/observation.js';
import {
  clusterOfKeyPair,
  networkMark,
  releaseObject,
  reportObject,
  reportsPrefix,
  subnetName,
} from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { parseReportContentType } from '../boot/report.js';
import type { Dependencies } from './context.js';
import { ownServers, type OwnServer } from './own-servers.js';

/** A server that carries this cluster's marks. */
export interface SurveyedServer {
  id: string;
  name: string;
  role: 'master' | 'minion';
  index: number;
  status: string;
  created: string;
  bootId: string;
  imageId: string;
  flavorId: string;
  /** First 12 hex digits of the sha256 of the release it was given. */
  release: string;
  address: string;
  /** Holds its mailbox. */
  container: string;
  /** Minions: the master address they were given at boot. */
  masterAddress: string;
  report?: ReportState;
  fault?: string;
}

/** What exists of a cluster, read in a number of calls that does not depend on its size. */
export interface Survey {
  /** Oldest first. */
  servers: SurveyedServer[];
  network?: { id: string; own: boolean };
  keyPair?: { own: boolean };
  container: boolean;
  release: boolean;
}

export async function survey(dependencies: Dependencies, spec: ClusterSpec): Promise<Survey> {
  const { cloud } = dependencies;
  const [servers, networks, keyPair, container, release] = await Promise.all([
    surveyServers(dependencies, spec.name),
    cloud.network.listNetworks({ name: spec.network.label }),
    cloud.keyPairs.get(spec.keyPair.name),
    cloud.objectStorage.headContainer(spec.release.container),
    cloud.objectStorage.headObject(
      spec.release.container,
      releaseObject(spec.name, spec.release.sha256),
    ),
  ]);
  const [network] = networks;
  const subnets = network ? await cloud.network.listSubnets({ networkId: network.id }) : [];
  return {
    servers,
    network: network && {
      id: network.id,
      own:
        network.description === networkMark(spec.name) ||
        subnets.some(({ name, own }) => own && name === subnetName(spec.name)),
    },
    keyPair: keyPair && { own: clusterOfKeyPair(keyPair.publicKey) === spec.name },
    container: container !== undefined,
    release: release !== undefined,
  };
}

/**
 * The cluster's servers with their latest reports: one listing of servers, and one of the mailbox in each container
 * that their marks name, which is one.
 */
export async function surveyServers(
  dependencies: Dependencies,
  cluster: string,
): Promise<SurveyedServer[]> {
  const servers = await ownServers(dependencies, cluster);
  const containers = [...new Set(servers.map(({ mark }) => mark.container))].filter(Boolean);
  const mailboxes = await Promise.all(
    containers.map(async (container) => {
      const { objectStorage } = dependencies.cloud;
      const objects = await objectStorage.listObjects(container, reportsPrefix(cluster));
      return objects.map((object) => [`${container}/${object.name}`, object] as const);
    }),
  );
  const reports = new Map(mailboxes.flat());
  return servers
    .filter(({ deleting }) => !deleting)
    .map((server) => surveyed(server, reports))
    .sort((a, b) => a.created.localeCompare(b.created) || a.id.localeCompare(b.id));
}

function surveyed(
  { mark, ...server }: OwnServer,
  reports: ReadonlyMap<string, StoredObject>,
): SurveyedServer {
  const object = reportObject(mark.cluster, mark.bootId);
  const report = reports.get(`${mark.container}/${object}`);
  return {
    id: server.id,
    name: server.name,
    role: mark.role,
    index: mark.index,
    status: server.status,
    created: server.created,
    bootId: mark.bootId,
    imageId: server.imageId,
    flavorId: server.flavorId,
    release: mark.release,
    address: server.addresses[mark.network]?.[0] ?? '',
    container: mark.container,
    masterAddress: mark.master,
    report: report && parseReportContentType(report.contentType),
    fault: server.fault,
  };
}
