import type { FastifyRequest } from 'fastify';
import { account } from '../account.js';
import type { Cloud } from '../cloud.js';
import type { PortRecord, ServerRecord } from '../records.js';
import type { Table } from '../state.js';
import { isoMicros, isoSeconds, seconds } from '../time-format.js';
import { Links } from './links.js';
import { requestedMicroversion } from './microversion.js';
import { groupsOf } from './server-groups.js';
import { statusOf } from './server-status.js';

type Document = Record<string, unknown>;

const PROGRESS_STATUSES = ['ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE'];
const FAULT_STATUSES = ['ERROR', 'DELETED'];

/** Shows servers as the API does, for one request. */
export class ServerDocuments {
  readonly links: Links;
  readonly minor: number;
  private readonly names = new Map<string, string>();
  private readonly owner: { tenant_id: string; user_id: string };

  /** @param portsOf the ports of a server, in the order of its networks */
  constructor(
    private readonly cloud: Cloud,
    request: FastifyRequest,
    private readonly portsOf: (serverId: string) => PortRecord[],
  ) {
    this.links = new Links(cloud, request);
    this.minor = requestedMicroversion(cloud, request);
    const { projectId, userId } = account(cloud.state);
    this.owner = { tenant_id: projectId, user_id: userId };
  }

  basic(server: ServerRecord): Document {
    return { id: server.id, name: server.name, links: this.links.of(`servers/${server.id}`) };
  }

  /** As in `GET /servers/detail`; `GET /servers/ID` has more from 2.71 on. */
  detail(server: ServerRecord): Document {
    const ports = this.portsOf(server.id);
    const rackspace = this.cloud.profile.name === 'rackspace';
    const document = this.core(server, ports, !rackspace);
    // Not spread: of all that a long list costs, copying documents would be the most.
    Object.assign(document, this.status(server), this.keyAndDrive(server), this.newer(server));
    if (!rackspace) Object.assign(document, this.extended(server), this.securityGroups(ports));
    return document;
  }

  /** As in `GET /servers/ID`. */
  shown(server: ServerRecord): Document {
    return {
      ...this.detail(server),
      ...(this.minor >= 71 ? { server_groups: groupsOf(this.cloud.state, server) } : {}),
    };
  }

  /** As in the answer to `PUT /servers/ID`, which left the extensions out until 2.75. */
  updated(server: ServerRecord): Document {
    if (this.minor >= 75) return this.shown(server);
    return {
      ...this.core(server, this.portsOf(server.id), false),
      ...this.newer(server),
      ...(this.minor >= 71 ? { server_groups: groupsOf(this.cloud.state, server) } : {}),
    };
  }

  /** As in the answer to a rebuild, which is the same with the key, from 2.54 on. */
  rebuilt(server: ServerRecord): Document {
    return { ...this.updated(server), ...(this.minor >= 54 ? { key_name: server.keyName } : {}) };
  }

  /** Addresses by network; `extended` as in the server's own document. */
  addresses(ports: PortRecord[], extended: boolean): Record<string, Document[]> {
    const addresses: Record<string, Document[]> = {};
    for (const port of ports) {
      const list = (addresses[this.nameOf(port.networkId, this.cloud.state.networks)] ??= []);
      for (const { ip } of port.fixedIps) {
        list.push({
          version: ip.includes(':') ? 6 : 4,
          addr: ip,
          ...(extended
            ? { 'OS-EXT-IPS:type': 'fixed', 'OS-EXT-IPS-MAC:mac_addr': port.macAddress }
            : {}),
        });
      }
    }
    return addresses;
  }

  private core(server: ServerRecord, ports: PortRecord[], extended: boolean): Document {
    const status = statusOf(server);
    const hidden = server.vmState === 'building' || server.vmState === 'deleted';
    return {
      id: server.id,
      name: server.name,
      status,
      ...this.owner,
      // It is deleted with its server.
      metadata: server.vmState === 'deleted' ? {} : server.metadata,
      hostId: server.hostId,
      image: { id: server.imageId, links: [this.links.bookmark(`images/${server.imageId}`)] },
      flavor: this.flavor(server),
      created: isoSeconds(server.createdAt),
      updated: isoSeconds(server.updatedAt),
      addresses: hidden ? {} : this.addresses(ports, extended),
      accessIPv4: server.accessIPv4,
      accessIPv6: server.accessIPv6,
      links: this.links.of(`servers/${server.id}`),
      'OS-DCF:diskConfig': server.diskConfig,
      ...(FAULT_STATUSES.includes(status) && server.fault !== null
        ? {
            fault: {
              code: server.fault.code,
              created: isoSeconds(server.fault.created),
              message: server.fault.message,
            },
          }
        : {}),
      ...(PROGRESS_STATUSES.includes(status) ? { progress: server.progress } : {}),
    };
  }

  private status(server: ServerRecord): Document {
    return {
      'OS-EXT-STS:task_state': server.taskState,
      'OS-EXT-STS:vm_state': server.vmState,
      'OS-EXT-STS:power_state': server.powerState,
    };
  }

  private keyAndDrive(server: ServerRecord): Document {
    return { key_name: server.keyName, config_drive: server.configDrive ? 'True' : '' };
  }

  private extended(server: ServerRecord): Document {
    return {
      'OS-EXT-AZ:availability_zone': server.availabilityZone,
      'OS-SRV-USG:launched_at': wholeSecond(server.launchedAt),
      'OS-SRV-USG:terminated_at': wholeSecond(server.terminatedAt),
      'os-extended-volumes:volumes_attached': [],
    };
  }

  /** Absent for a server without ports, or whose ports have none. */
  private securityGroups(ports: PortRecord[]): Document {
    const groups = ports
      .flatMap((port) => port.securityGroups)
      .map((id) => ({ name: this.nameOf(id, this.cloud.state.securityGroups) }));
    return groups.length === 0 ? {} : { security_groups: groups };
  }

  /** What microversions have added. */
  private newer(server: ServerRecord): Document {
    if (this.minor === 1) return {};
    const since = (minor: number, fields: Document): Document =>
      this.minor >= minor ? fields : {};
    return {
      ...since(9, { locked: server.locked }),
      ...since(73, { locked_reason: null }),
      ...since(19, { description: server.description }),
      ...since(26, { tags: server.tags }),
      ...since(63, { trusted_image_certificates: null }),
      ...since(90, { 'OS-EXT-SRV-ATTR:hostname': server.hostname }),
    };
  }

  /** A reference, from 2.47 on the flavor itself. */
  private flavor({ flavorId }: ServerRecord): Document {
    if (this.minor < 47) {
      return { id: flavorId, links: [this.links.bookmark(`flavors/${flavorId}`)] };
    }
    const flavor = this.cloud.state.flavors.get(flavorId);
    return {
      vcpus: flavor?.vcpus,
      ram: flavor?.ramMiB,
      disk: flavor?.diskGiB,
      ephemeral: 0,
      swap: 0,
      original_name: flavor?.name,
      extra_specs: flavor?.extraSpecs,
    };
  }

  /** Looked up once a request, for the servers of a list share their networks and groups. */
  private nameOf(id: string, table: Table<{ name: string }>): string {
    const known = this.names.get(id) ?? table.get(id)?.name ?? id;
    this.names.set(id, known);
    return known;
  }
}

function wholeSecond(ms: number | null): string | null {
  return ms === null ? null : isoMicros(seconds(ms) * 1000);
}
