import { portsOfDevice, subnetsOf, usedAddresses } from '../networking/port-store.js';
import { addressNumber, addressText, parseCidr } from '../networking/cidr.js';
import type { NetworkRecord, PortRecord, SubnetRecord } from '../records.js';
import type { State } from '../state.js';
import { bridgeName, serviceTapName, tapName, type HostNames } from './names.js';
import { PORT_SECURITY_TABLE, portSecuritySets } from './port-security.js';
import { runCommand } from './run-command.js';

/** The cloud's own address on every network, as OpenStack's metadata service has it. */
export const SERVICE_ADDRESS = '169.254.169.254';

/** A server whose machine has its interfaces. */
export interface PluggedServer {
  id: string;
  /** A machine that is held up has its cables pulled. */
  paused: boolean;
}

/**
 * The cloud's networks: one bridge for each in a network namespace that nothing leads out of, and beside it a
 * namespace from which the cloud reaches the network. What is on the host follows the state: {@link follow} makes
 * it so, whatever was there before.
 */
export class Switch {
  private applied = '';

  constructor(
    private readonly state: State,
    private readonly names: HostNames,
    /** Told of each network that the cloud can now be reached on. */
    private readonly onNetwork: (networkId: string) => Promise<void>,
  ) {}

  async open(): Promise<void> {
    const { switch: own } = this.names;
    if ((await namespaces()).includes(own)) return;
    await runCommand('ip', ['netns', 'add', own]);
    await inNamespace(own, 'sysctl', ['-qw', ...QUIET]);
    await inNamespace(own, 'nft', ['-f', '-'], PORT_SECURITY_TABLE);
  }

  /** Makes bridges, cables and filters what the machines' ports say. */
  async follow(servers: PluggedServer[]): Promise<void> {
    const plugged = servers.map((server) => ({
      ...server,
      ports: portsOfDevice(this.state, server.id),
    }));
    const ports = plugged.flatMap((machine) => machine.ports);
    for (const id of new Set(ports.map(({ networkId }) => networkId))) await this.addNetwork(id);
    const sets = portSecuritySets(ports);
    // The filter first: no port is ever without it.
    if (sets !== this.applied) await inNamespace(this.names.switch, 'nft', ['-f', '-'], sets);
    this.applied = sets;
    const links = new Set(await linksIn(this.names.switch));
    for (const machine of plugged) await this.cable(machine, machine.ports, links);
    const wanted = new Set(ports.map(({ id }) => tapName(id)));
    await this.removeUnused(links, wanted, new Set(ports.map(({ networkId }) => networkId)));
  }

  private async addNetwork(id: string): Promise<void> {
    const { switch: own } = this.names;
    const service = this.names.network(id);
    const network = this.state.networks.get(id);
    const subnets = subnetsOf(this.state, id).filter(({ ipVersion }) => ipVersion === 4);
    if (network === undefined) return;
    if (!(await namespaces()).includes(service)) {
      await runCommand('ip', ['netns', 'add', service]);
      const bridge = bridgeName(id);
      const tap = serviceTapName(id);
      await ip(own, [
        `link add ${bridge} mtu ${network.mtu} type bridge forward_delay 0 mcast_snooping 0`,
        `link set ${bridge} up`,
        `link add ${tap} mtu ${network.mtu} type veth peer name eth0 netns ${service}`,
        `link set ${tap} master ${bridge} up`,
      ]);
      await ip(service, [
        'link set lo up',
        `link set eth0 mtu ${network.mtu} up`,
        ...subnets.map((subnet) => `addr add ${this.ownAddress(network, subnet)} dev eth0`),
        `addr add ${SERVICE_ADDRESS}/32 dev eth0`,
      ]);
    }
    await this.onNetwork(id);
  }

  /** The gateway's, which no port may have; else the last that the subnet hands out and nobody has yet. */
  private ownAddress(network: NetworkRecord, subnet: SubnetRecord): string {
    const prefix = subnet.cidr.split('/')[1] ?? '';
    if (subnet.gatewayIp !== null) return `${subnet.gatewayIp}/${prefix}`;
    const used = usedAddresses(this.state, network.id);
    const range = parseCidr(subnet.cidr);
    if (range === undefined) throw new Error(`subnet ${subnet.id} has no range`);
    for (const pool of [...subnet.allocationPools].reverse()) {
      const first = addressNumber(pool.start)?.value ?? range.last;
      for (let n = addressNumber(pool.end)?.value ?? -1n; n >= first; n--) {
        const text = addressText(4, n);
        if (!used.has(text)) return `${text}/${prefix}`;
      }
    }
    throw new Error(`network ${network.id} has no address left for the cloud itself`);
  }

  private async cable(
    { id, paused }: PluggedServer,
    ports: PortRecord[],
    links: Set<string>,
  ): Promise<void> {
    const namespace = this.names.machine(id);
    const present = new Set(await linksIn(namespace));
    for (const port of ports) {
      const tap = tapName(port.id);
      if (!links.has(tap)) {
        const name = freeName(present);
        present.add(name);
        links.add(tap);
        const mtu = this.state.networks.get(port.networkId)?.mtu ?? 1500;
        await ip(this.names.switch, [
          `link add ${tap} mtu ${mtu} type veth peer name ${name} address ${port.macAddress} netns ${namespace}`,
          `link set ${tap} master ${bridgeName(port.networkId)}`,
        ]);
        await ip(namespace, [`link set ${name} mtu ${mtu}`]);
      }
      const up = port.adminStateUp && !paused;
      await ip(this.names.switch, [`link set ${tap} ${up ? 'up' : 'down'}`]);
    }
  }

  private async removeUnused(
    links: Set<string>,
    taps: Set<string>,
    networkIds: Set<string>,
  ): Promise<void> {
    const services = new Set([...networkIds].map((id) => serviceTapName(id)));
    for (const link of links) {
      if (link.startsWith('tap') && !taps.has(link)) {
        await ip(this.names.switch, [`link del ${link}`]);
      }
      if (!link.startsWith('svc') || services.has(link)) continue;
      const part = link.slice('svc'.length);
      await ip(this.names.switch, [`link del ${link}`, `link del brq${part}`]);
      await removeNamespace(this.names.network(part));
    }
  }
}

/** Nothing in a namespace of the cloud speaks by itself. */
const QUIET = ['net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1'];

function freeName(present: Set<string>): string {
  for (let i = 0; ; i++) if (!present.has(`eth${i}`)) return `eth${i}`;
}

/** Names of the host's network namespaces. */
export async function namespaces(): Promise<string[]> {
  const text = await runCommand('ip', ['netns', 'list']);
  return text.split('\n').flatMap((line) => line.split(' ')[0] || []);
}

/**
 * An absent one is no error. Its cables go first: a namespace's end takes them away only some time later, and until
 * then their other ends look as if they were good.
 */
export async function removeNamespace(name: string): Promise<void> {
  if (!(await namespaces()).includes(name)) return;
  const cables = (await linksIn(name)).filter((link) => /^eth\d+$/.test(link));
  for (const cable of cables) await removeCable(name, cable);
  await runCommand('ip', ['netns', 'del', name]);
}

/** A cable goes by itself when the namespace at its other end is ending, at any moment. */
async function removeCable(namespace: string, cable: string): Promise<void> {
  try {
    await ip(namespace, [`link del ${cable}`]);
  } catch (error) {
    if ((await linksIn(namespace)).includes(cable)) throw error;
  }
}

/** Runs a program in a network namespace; `ip netns exec` would hide the control groups from it. */
export function inNamespace(
  namespace: string,
  file: string,
  args: string[],
  input?: string,
): Promise<string> {
  return runCommand('nsenter', [`--net=/run/netns/${namespace}`, file, ...args], input);
}

async function linksIn(namespace: string): Promise<string[]> {
  const text = await runCommand('ip', ['-n', namespace, '-json', 'link', 'show']);
  return (JSON.parse(text) as { ifname: string }[]).map(({ ifname }) => ifname);
}

async function ip(namespace: string, commands: string[]): Promise<void> {
  await runCommand('ip', ['-n', namespace, '-batch', '-'], `${commands.join('\n')}\n`);
}
