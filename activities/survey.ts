import type { Server, StoredObject } from '../cloud/port.js';
import type { ReportState } from '../cluster/observation.js';
import {
  clusterOfKeyPair,
  networkMark,
  readServerMark,
  releaseObject,
  reportObject,
  reportsPrefix,
  subnetName,
  type ServerMark,
} from '../cluster/names.js';
import type { ClusterSpec } from '../cluster/spec.js';
import { parseReportContentType } from '../boot/report.js';
import type { Dependencies } from './context.js';

/** A server that carries this cluster's marks. */
export interface SurveyedServer {
  id: string;
  name: string;
  role: 'master' | 'minion';
  index: number;
  status: string;
  created: string;
  bootId: string;
  address: string;
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

export async function survey({ cloud }: Dependencies, spec: ClusterSpec): Promise<Survey> {
  const [servers, networks, keyPair, container, release] = await Promise.all([
    surveyServers({ cloud }, spec.name, spec.network.label, spec.release.container),
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
        subnets.some((subnet) => subnet.name === subnetName(spec.name)),
    },
    keyPair: keyPair && { own: clusterOfKeyPair(keyPair.publicKey) === spec.name },
    container: container !== undefined,
    release: release !== undefined,
  };
}

/** The cluster's servers with their latest reports: one listing of servers, one of the mailbox. */
export async function surveyServers(
  { cloud }: Pick<Dependencies, 'cloud'>,
  cluster: string,
  networkLabel: string,
  container: string,
): Promise<SurveyedServer[]> {
  const [servers, mailbox] = await Promise.all([
    cloud.compute.listServers(),
    cloud.objectStorage.listObjects(container, reportsPrefix(cluster)),
  ]);
  const reports = new Map(mailbox.map((object) => [object.name, object]));
  return servers
    .filter((server) => !server.deleting && server.status !== 'DELETED')
    .flatMap((server) => {
      const mark = readServerMark(server.metadata);
      return mark?.cluster === cluster ? [surveyed(server, mark, networkLabel, reports)] : [];
    })
    .sort((a, b) => a.created.localeCompare(b.created) || a.id.localeCompare(b.id));
}

function surveyed(
  server: Server,
  mark: ServerMark,
  networkLabel: string,
  reports: ReadonlyMap<string, StoredObject>,
): SurveyedServer {
  const report = reports.get(reportObject(mark.cluster, mark.bootId));
  return {
    id: server.id,
    name: server.name,
    role: mark.role,
    index: mark.index,
    status: server.status,
    created: server.created,
    bootId: mark.bootId,
    address: server.addresses[networkLabel]?.[0] ?? '',
    masterAddress: mark.master,
    report: report && parseReportContentType(report.contentType),
    fault: server.fault,
  };
}
