import type { PortRecord } from '../records.js';
import { tapName } from './names.js';

/** Kinds of frames that port security drops; each has a counter of its name. */
const DROP_COUNTERS = ['foreign_mac', 'foreign_ipv4', 'foreign_arp', 'foreign_ipv6'] as const;

/**
 * The switch's filter, made once: as Neutron's port security, a port may send with nothing but its own MAC and
 * addresses, unless its network or itself says otherwise. The sets are filled by {@link portSecuritySets}.
 *
 * What a network interface of Linux says by itself before it has an address (DAD, MLD, router solicitation, DHCP) is
 * let through; a real network lets it through too.
 */
export const PORT_SECURITY_TABLE = `
table bridge port_security {
  ${DROP_COUNTERS.map((name) => `counter ${name} { }`).join('\n  ')}
  set secured { type ifname; }
  set macs { type ifname . ether_addr; }
  set ipv4 { type ifname . ether_addr . ipv4_addr; flags interval; }
  set ipv6 { type ifname . ether_addr . ipv6_addr; flags interval; }
  chain from_ports {
    type filter hook prerouting priority -300; policy accept;
    iifname != @secured accept
    iifname . ether saddr != @macs counter name foreign_mac drop
    ether type arp arp saddr ip 0.0.0.0 iifname . arp saddr ether @macs accept
    ether type arp iifname . arp saddr ether . arp saddr ip != @ipv4 counter name foreign_arp drop
    ether type ip ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept
    ether type ip iifname . ether saddr . ip saddr != @ipv4 counter name foreign_ipv4 drop
    ether type ip6 ip6 saddr :: icmpv6 type { mld2-listener-report, nd-neighbor-solicit, nd-router-solicit } accept
    ether type ip6 iifname . ether saddr . ip6 saddr != @ipv6 counter name foreign_ipv6 drop
  }
}
`;

/** nft commands that make the sets say what these ports may send; one transaction. */
export function portSecuritySets(ports: PortRecord[]): string {
  const secured = ports.filter(({ portSecurity }) => portSecurity);
  const pairs = secured.flatMap((port) =>
    sources(port).map(({ mac, address }) => ({ tap: `"${tapName(port.id)}"`, mac, address })),
  );
  const elements: Record<string, string[]> = {
    secured: secured.map((port) => `"${tapName(port.id)}"`),
    macs: pairs.map(({ tap, mac }) => `${tap} . ${mac}`),
    ipv4: pairs
      .filter(({ address }) => !address.includes(':'))
      .map(({ tap, mac, address }) => `${tap} . ${mac} . ${address}`),
    ipv6: pairs
      .filter(({ address }) => address.includes(':'))
      .map(({ tap, mac, address }) => `${tap} . ${mac} . ${address}`),
  };
  return Object.entries(elements)
    .flatMap(([set, all]) => {
      const unique = [...new Set(all)];
      const flush = `flush set bridge port_security ${set}`;
      if (unique.length === 0) return [flush];
      return [flush, `add element bridge port_security ${set} { ${unique.join(', ')} }`];
    })
    .join('\n');
}

/** The MACs a port may send with, each with an address. */
function sources(port: PortRecord): { mac: string; address: string }[] {
  const own = [...port.fixedIps.map(({ ip }) => ip), linkLocal(port.macAddress)];
  return [
    ...own.map((address) => ({ mac: port.macAddress, address })),
    ...port.allowedAddressPairs.map(({ ip_address: address, mac_address: mac }) => ({
      mac: mac || port.macAddress,
      address,
    })),
  ];
}

/** The address that an interface gives itself (RFC 4291, appendix A). */
function linkLocal(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac
    .split(':')
    .map((byte) => parseInt(byte, 16));
  const group = (high: number, low: number): string => ((high << 8) | low).toString(16);
  return `fe80::${group(a ^ 2, b)}:${group(c, 0xff)}:${group(0xfe, d)}:${group(e, f)}`;
}
