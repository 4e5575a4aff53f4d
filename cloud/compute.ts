import { z } from 'zod';
import { KubeupError } from '../cluster/errors.js';
import { absentIsUndefined } from './failures.js';
import { listPages, readValue } from './pages.js';
import type { Compute, Flavor, Image, Server } from './port.js';
import type { Session } from './session.js';

/** PublicNet and ServiceNet. Rackspace wants both named as soon as any network is. */
const RACKSPACE_NETWORKS = [
  '00000000-0000-0000-0000-000000000000',
  '11111111-1111-1111-1111-111111111111',
];

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const reference = z.object({ id: z.string() });

const serverSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  created: z.string(),
  metadata: z.record(z.string(), z.string()).default({}),
  // The empty string when it was booted from a volume.
  image: z.union([reference, z.literal('')]),
  flavor: reference,
  addresses: z
    .record(z.string(), z.array(z.object({ addr: z.string(), version: z.number() })))
    .default({}),
  fault: z.object({ message: z.string() }).optional(),
  'OS-EXT-STS:task_state': z.string().nullish(),
});

const imageSchema = z.object({ id: z.string(), name: z.string().nullish(), status: z.string() });

const flavorSchema = z.object({
  id: z.string(),
  name: z.string(),
  ram: z.number(),
  vcpus: z.number(),
});

const limitsSchema = z.object({
  absolute: z.object({
    maxTotalInstances: z.number().optional(),
    totalInstancesUsed: z.number().default(0),
    maxTotalCores: z.number().optional(),
    totalCoresUsed: z.number().default(0),
    maxTotalRAMSize: z.number().optional(),
    totalRAMUsed: z.number().default(0),
  }),
});

/** Nova, by its API v2.1 without microversion, which Rackspace's v2 answers alike. */
export function openCompute(session: Session, provider: 'openstack' | 'rackspace'): Compute {
  return {
    baseNetworkIds: provider === 'rackspace' ? RACKSPACE_NETWORKS : [],

    async listServers(filter = {}, options) {
      const { name } = filter;
      const servers = await listPages(
        session,
        {
          service: 'compute',
          attempted: name === undefined ? 'list servers' : `look for server ${name}`,
          path: 'servers/detail',
          collection: 'servers',
          item: serverSchema,
          // Nova takes the name for a regular expression, anchored nowhere.
          query: name === undefined ? {} : { name: `^${escapeRegExp(name)}$` },
        },
        options,
      );
      return servers.map(toServer).filter((server) => name === undefined || server.name === name);
    },

    async getServer(id, options) {
      const attempted = `look at server ${id}`;
      const server = await absentIsUndefined(
        session.call<'compute', { original: unknown }>(
          'compute',
          attempted,
          (client, callback) => client.getServer(encodeURIComponent(id), callback),
          options,
        ),
      );
      return server && toServer(readValue(serverSchema, server.original, attempted));
    },

    async createServer(request, options) {
      const attempted = `create server ${request.name}`;
      const server = await session.call<'compute', { id: string }>(
        'compute',
        attempted,
        (client, callback) =>
          client.createServer(
            {
              name: request.name,
              image: request.imageId,
              flavor: request.flavorId,
              keyname: request.keyName,
              networks:
                request.networkIds.length > 0
                  ? request.networkIds.map((uuid) => ({ uuid }))
                  : undefined,
              metadata: request.metadata,
              cloudConfig: Buffer.from(request.userData, 'utf8').toString('base64'),
            },
            callback,
          ),
        options,
      );
      return { id: readValue(reference, server, attempted).id };
    },

    async startServer(id, options) {
      try {
        await session.request(
          'compute',
          `start server ${id}`,
          {
            method: 'POST',
            path: `servers/${encodeURIComponent(id)}/action`,
            body: { 'os-start': null },
          },
          options,
        );
      } catch (error) {
        // Nova refuses to start what is not stopped, or is being started.
        if (!(error instanceof KubeupError && error.failure.status === 409)) throw error;
      }
    },

    async deleteServer(id, options) {
      await absentIsUndefined(
        session.call(
          'compute',
          `delete server ${id}`,
          (client, callback) => client.destroyServer(encodeURIComponent(id), callback),
          options,
        ),
      );
    },

    async findImage(nameOrId, options) {
      if (UUID.test(nameOrId)) {
        const attempted = `look at image ${nameOrId}`;
        const image = await absentIsUndefined(
          session.call<'compute', unknown>(
            'compute',
            attempted,
            (client, callback) => client.getImage(nameOrId, callback),
            options,
          ),
        );
        if (image !== undefined) {
          return toImage(readValue(imageSchema, image, attempted));
        }
      }
      const images = await listPages(
        session,
        {
          service: 'compute',
          attempted: `look for image ${nameOrId}`,
          path: 'images/detail',
          collection: 'images',
          item: imageSchema,
          // What stands before a colon, Glance takes for an operator.
          query: nameOrId.includes(':') ? {} : { name: nameOrId },
        },
        options,
      );
      const all = images.map(toImage);
      const bootable = all.filter(({ id, status }) => id === nameOrId || status === 'active');
      return theOnly('image', nameOrId, bootable) ?? theOnly('image', nameOrId, all);
    },

    async findFlavor(nameOrId, options) {
      const flavors = await listPages(
        session,
        {
          service: 'compute',
          attempted: `look for flavor ${nameOrId}`,
          path: 'flavors/detail',
          collection: 'flavors',
          item: flavorSchema,
        },
        options,
      );
      return theOnly('flavor', nameOrId, flavors.map(toFlavor));
    },

    async limits(options) {
      const attempted = "read the project's compute limits";
      const answer = await session.call<'compute', unknown>(
        'compute',
        attempted,
        (client, callback) => client.getLimits(callback),
        options,
      );
      const { absolute } = readValue(limitsSchema, answer, attempted);
      return {
        instances: allowance(absolute.maxTotalInstances, absolute.totalInstancesUsed),
        cores: allowance(absolute.maxTotalCores, absolute.totalCoresUsed),
        ramMiB: allowance(absolute.maxTotalRAMSize, absolute.totalRAMUsed),
      };
    },
  };
}

function toServer(server: z.infer<typeof serverSchema>): Server {
  const taskState = server['OS-EXT-STS:task_state'];
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    created: server.created,
    metadata: server.metadata,
    imageId: server.image === '' ? '' : server.image.id,
    flavorId: server.flavor.id,
    addresses: Object.fromEntries(
      Object.entries(server.addresses).map(([label, addresses]) => [
        label,
        addresses.filter(({ version }) => version === 4).map(({ addr }) => addr),
      ]),
    ),
    deleting: taskState === 'deleting' || taskState === 'soft-deleting',
    ...(server.fault ? { fault: server.fault.message } : {}),
  };
}

function toImage({ id, name, status }: z.infer<typeof imageSchema>): Image {
  return { id, name: name ?? '', status: status.toLowerCase() };
}

function toFlavor({ id, name, ram, vcpus }: z.infer<typeof flavorSchema>): Flavor {
  return { id, name, ramMiB: ram, vcpus };
}

/** An id beats a name; two of one name are nobody's to choose from. */
function theOnly<T extends { id: string; name: string }>(
  kind: string,
  nameOrId: string,
  candidates: readonly T[],
): T | undefined {
  const byId = candidates.find(({ id }) => id === nameOrId);
  if (byId) {
    return byId;
  }
  const named = candidates.filter(({ name }) => name === nameOrId);
  if (named.length > 1) {
    throw new KubeupError({
      kind: 'blocked',
      reason: 'Ambiguous',
      attempted: `look for ${kind} ${nameOrId}`,
      message: `the cloud has ${named.length} of that name: ${named.map(({ id }) => id).join(', ')}`,
      cure: `Name the ${kind} by its id, then run \`kubeup up\` again`,
    });
  }
  return named[0];
}

/** Nova says -1 for "no limit". */
function allowance(limit: number | undefined, used: number): { limit?: number; used: number } {
  return limit === undefined || limit < 0 ? { used } : { limit, used };
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
