import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';
import type { AttributeMap } from './attributes.js';
import { resourceRoutes, type Resource } from './collection.js';
import { neutronFault } from './faults.js';
import { ownership, standardAttributes } from './standard-attributes.js';

interface Kind {
  name: string;
  collection: string;
  /** What a create must give, and what it may give beside. */
  required?: string[];
  optional?: string[];
  /** What may be filtered by, beside the id, the name and what a create gives. */
  filters?: string[];
  unknown: (id: string) => ReturnType<typeof neutronFault>;
}

/** What clients look for, of extensions that this Networking has: there is none of it, and a quota of none. */
const kinds: Kind[] = [
  {
    name: 'router',
    collection: 'routers',
    optional: ['name', 'admin_state_up', 'external_gateway_info', 'availability_zone_hints'],
    filters: ['status'],
    unknown: (id) => neutronFault(404, 'RouterNotFound', `Router ${id} could not be found`),
  },
  {
    name: 'floatingip',
    collection: 'floatingips',
    required: ['floating_network_id'],
    optional: ['floating_ip_address', 'subnet_id', 'port_id', 'fixed_ip_address'],
    filters: ['router_id', 'status'],
    unknown: (id) =>
      neutronFault(404, 'FloatingIPNotFound', `Floating IP ${id} could not be found`),
  },
  {
    name: 'subnetpool',
    collection: 'subnetpools',
    required: ['name', 'prefixes'],
    optional: ['default_quota', 'default_prefixlen', 'min_prefixlen', 'max_prefixlen'],
    filters: ['shared', 'is_default', 'ip_version', 'address_scope_id'],
    unknown: missing('SubnetPool', 'Subnet pool'),
  },
  {
    name: 'agent',
    collection: 'agents',
    filters: ['agent_type', 'alive', 'binary', 'host', 'topic', 'availability_zone'],
    unknown: missing('Agent', 'Agent'),
  },
  {
    name: 'availability_zone',
    collection: 'availability_zones',
    filters: ['resource', 'state'],
    unknown: missing('AvailabilityZone', 'AvailabilityZone'),
  },
];

/** Lists that are empty, and creates that the quota refuses. */
export function notOfferedRoutes(app: FastifyInstance, cloud: Cloud): void {
  for (const kind of kinds) resourceRoutes(app, cloud, none(kind));
}

function none(kind: Kind): Resource<never, unknown> {
  const { name, collection, unknown } = kind;
  const never = (): never => {
    throw unknown('');
  };
  return {
    name,
    collection,
    attributes: attributesOf(kind),
    filters: {},
    documents: () => [],
    find: () => undefined,
    notFound: unknown,
    isOwn: never,
    document: never,
    create: never,
    update: never,
    remove: never,
  };
}

function attributesOf({ required = [], optional = [], filters = [] }: Kind): AttributeMap {
  const listable = ['id', 'name', ...filters].map((key) => [key, { filter: true, sort: true }]);
  const given = [
    ...required.map((key) => [key, { create: true, required: true, filter: true }]),
    ...optional.map((key) => [key, { create: true, filter: true }]),
  ];
  return {
    ...(Object.fromEntries([...listable, ...given]) as AttributeMap),
    ...ownership,
    ...standardAttributes,
  };
}

function missing(type: string, label: string): Kind['unknown'] {
  return (id) => neutronFault(404, `${type}NotFound`, `${label} ${id} could not be found.`);
}
