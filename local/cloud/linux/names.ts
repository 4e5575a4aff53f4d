import { createHash } from 'node:crypto';

/**
 * What the host calls the things of one cloud: namespaces and control groups all begin with its prefix, so that
 * they are found again, and told from another cloud's, whatever became of the process that made them.
 */
export class HostNames {
  readonly prefix: string;
  /** Namespace of the switch. */
  readonly switch: string;

  /** @param dataDir the cloud's data folder, absolute */
  constructor(dataDir: string) {
    this.prefix = `lc-${createHash('sha256').update(dataDir).digest('hex').slice(0, 8)}`;
    this.switch = `${this.prefix}-switch`;
  }

  /** Namespace of a machine. */
  machine(serverId: string): string {
    return `${this.prefix}-machine-${serverId.slice(0, 8)}`;
  }

  /** Namespace from which the cloud reaches a network, and is reached. */
  network(networkId: string): string {
    return `${this.prefix}-network-${networkId.slice(0, 8)}`;
  }

  /** Control group of a machine, under the root of each hierarchy. */
  cgroup(serverId: string): string {
    return `${this.prefix}/${serverId.slice(0, 8)}`;
  }
}

/** The switch's side of a port, as Nova and Neutron call it. */
export function tapName(portId: string): string {
  return `tap${portId.slice(0, 11)}`;
}

/** A network's bridge, as Neutron's Linux bridge agent calls it. */
export function bridgeName(networkId: string): string {
  return `brq${networkId.slice(0, 11)}`;
}

/** The switch's side of the way into a network's namespace. */
export function serviceTapName(networkId: string): string {
  return `svc${networkId.slice(0, 11)}`;
}
