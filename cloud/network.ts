import { z } from 'zod';
import { absentIsUndefined } from './failures.js';
import { listPages, readAnswer } from './pages.js';
import type { CloudNetwork, Network, Subnet } from './port.js';
import type { Session } from './session.js';

const networkSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  tenant_id: z.string().nullish(),
  project_id: z.string().nullish(),
  shared: z.boolean().nullish(),
  'router:external': z.boolean().nullish(),
});

const subnetSchema = z.object({
  id: z.string(),
  network_id: z.string(),
  name: z.string().nullish(),
  cidr: z.string(),
  tenant_id: z.string().nullish(),
  project_id: z.string().nullish(),
});

const extensionsSchema = z.object({ extensions: z.array(z.object({ alias: z.string() })) });
const quotaSchema = z.object({ quota: z.object({ network: z.number().optional() }) });

/** Neutron, API v2.0, and Rackspace's Cloud Networks, which speak a part of it. */
export function openNetwork(session: Session): Network {
  const listNetworks: Network['listNetworks'] = async (filter = {}, options) => {
    const { name } = filter;
    const projectId = await session.projectId(options);
    const networks = await listPages(
      session,
      {
        service: 'network',
        attempted: name === undefined ? 'list networks' : `look for network ${name}`,
        path: 'networks',
        collection: 'networks',
        item: networkSchema,
        query: name === undefined ? {} : { name },
      },
      options,
    );
    return networks
      .map((network) => toNetwork(network, projectId))
      .filter((network) => name === undefined || network.name === name);
  };

  return {
    listNetworks,

    async keepsDescriptions(options) {
      const attempted = 'list network extensions';
      const answer = await absentIsUndefined(
        session.request('network', attempted, { path: 'extensions' }, options),
      );
      return (
        answer !== undefined &&
        readAnswer(extensionsSchema, answer, attempted).extensions.some(
          ({ alias }) => alias === 'standard-attr-description',
        )
      );
    },

    async createNetwork({ name, description }, options) {
      const attempted = `create network ${name}`;
      // pkgcloud's createNetwork drops the description.
      const network = { name, ...(description === undefined ? {} : { description }) };
      const answer = await session.request(
        'network',
        attempted,
        { method: 'POST', path: 'networks', body: { network } },
        options,
      );
      const made = readAnswer(z.object({ network: networkSchema }), answer, attempted);
      return toNetwork(made.network, await session.projectId(options));
    },

    async renameNetwork(id, name, options) {
      await session.request(
        'network',
        `rename network ${id} to ${name}`,
        {
          method: 'PUT',
          path: `networks/${encodeURIComponent(id)}`,
          body: { network: { name } },
        },
        options,
      );
    },

    async deleteNetwork(id, options) {
      await absentIsUndefined(
        session.call(
          'network',
          `delete network ${id}`,
          (client, callback) => client.destroyNetwork(id, callback),
          options,
        ),
      );
    },

    async listSubnets(filter = {}, options) {
      const { networkId } = filter;
      const projectId = await session.projectId(options);
      const subnets = await listPages(
        session,
        {
          service: 'network',
          attempted: networkId === undefined ? 'list subnets' : `list subnets of ${networkId}`,
          path: 'subnets',
          collection: 'subnets',
          item: subnetSchema,
          query: networkId === undefined ? {} : { network_id: networkId },
        },
        options,
      );
      return subnets.map((subnet) => toSubnet(subnet, projectId));
    },

    async createSubnet({ networkId, name, cidr }, options) {
      const attempted = `create subnet ${name} (${cidr})`;
      // pkgcloud's createSubnet drops what it does not know, and the gateway with it.
      const subnet = { network_id: networkId, name, cidr, ip_version: 4, gateway_ip: null };
      const answer = await session.request(
        'network',
        attempted,
        { method: 'POST', path: 'subnets', body: { subnet } },
        options,
      );
      const made = readAnswer(z.object({ subnet: subnetSchema }), answer, attempted);
      return toSubnet(made.subnet, await session.projectId(options));
    },

    async deleteSubnet(id, options) {
      await absentIsUndefined(
        session.call(
          'network',
          `delete subnet ${id}`,
          (client, callback) => client.destroySubnet(id, callback),
          options,
        ),
      );
    },

    async quota(options) {
      const attempted = "read the project's network quota";
      const projectId = await session.projectId(options);
      const answer = await absentIsUndefined(
        session.request('network', attempted, { path: `quotas/${projectId}` }, options),
      );
      const limit = answer && readAnswer(quotaSchema, answer, attempted).quota.network;
      const used = (await listNetworks({}, options)).filter(({ own }) => own).length;
      return { networks: limit === undefined || limit < 0 ? { used } : { limit, used } };
    },
  };
}

function toNetwork(network: z.infer<typeof networkSchema>, projectId: string): CloudNetwork {
  return {
    id: network.id,
    name: network.name ?? '',
    description: network.description ?? '',
    own: isOf(projectId, network) && !network['router:external'],
  };
}

function toSubnet(subnet: z.infer<typeof subnetSchema>, projectId: string): Subnet {
  return {
    id: subnet.id,
    networkId: subnet.network_id,
    name: subnet.name ?? '',
    cidr: subnet.cidr,
    own: isOf(projectId, subnet),
  };
}

/** `tenant_id` is the older name of `project_id`: where there are both, they are one. */
function isOf(
  projectId: string,
  thing: { tenant_id?: string | null; project_id?: string | null },
): boolean {
  return (thing.tenant_id ?? thing.project_id) === projectId;
}
