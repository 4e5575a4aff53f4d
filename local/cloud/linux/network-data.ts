import { addressText, parseCidr } from '../networking/cidr.js';
import type { NetworkRecord, PortRecord, SubnetRecord } from '../records.js';
import { tapName } from './names.js';

/** A port with what it is plugged into. */
export interface PluggedPort {
  port: PortRecord;
  network: NetworkRecord;
  /** Of its fixed addresses, in their order. */
  subnets: SubnetRecord[];
}

/**
 * `network_data.json`, as Nova makes it of ports whose networks have no DHCP service (nova/virt/netutils.py).
 * Default routes are left out: there is no way out of these networks, and without one a packet to nowhere fails at
 * once.
 */
export function networkData(ports: PluggedPort[]): Record<string, unknown> {
  let number = 0;
  return {
    links: ports.map(({ port, network }) => ({
      id: tapName(port.id),
      vif_id: port.id,
      type: 'bridge',
      mtu: network.mtu,
      ethernet_mac_address: port.macAddress,
    })),
    networks: ports.flatMap(({ port, subnets }) =>
      port.fixedIps.flatMap(({ ip, subnetId }) => {
        const subnet = subnets.find(({ id }) => id === subnetId);
        if (subnet === undefined) return [];
        return [
          {
            id: `network${number++}`,
            type: `ipv${subnet.ipVersion}`,
            link: tapName(port.id),
            ip_address: ip,
            netmask: netmask(subnet.cidr),
            routes: subnet.hostRoutes.map(({ destination, nexthop }) => ({
              network: destination.split('/')[0],
              netmask: netmask(destination),
              gateway: nexthop,
            })),
            network_id: port.networkId,
            services: subnet.dnsNameservers.map((address) => ({ type: 'dns', address })),
          },
        ];
      }),
    ),
    services: ports.flatMap(({ subnets }) =>
      subnets.flatMap(({ dnsNameservers }) =>
        dnsNameservers.map((address) => ({ type: 'dns', address })),
      ),
    ),
  };
}

function netmask(cidr: string): string {
  const range = parseCidr(cidr);
  if (range === undefined) throw new Error(`${cidr} is no range`);
  const bits = range.version === 4 ? 32n : 128n;
  const size = range.last - range.first;
  return addressText(range.version, (1n << bits) - 1n - size);
}
