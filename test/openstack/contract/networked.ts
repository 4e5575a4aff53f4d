import type { Answer } from './answer.js';
import type { Cloud } from './cloud.js';

export type Fields = Record<string, unknown>;

async function create(cloud: Cloud, kind: string, fields: Fields): Promise<Answer> {
  const answer = await cloud.network.post(`/${kind}s`, { [kind]: fields });
  const id = answer.at(`${kind}.id`);
  // What Nova has just let go of is in use a little longer.
  if (typeof id === 'string') {
    cloud.undo(() =>
      cloud.eventually(async () => (await cloud.network.delete(`/${kind}s/${id}`)).is(204, 404)),
    );
  }
  return answer;
}

/** Asks for a network, which is deleted when the case is over. */
export function createNetwork(cloud: Cloud, fields: Fields = {}): Promise<Answer> {
  return create(cloud, 'network', { name: cloud.name('net'), ...fields });
}

/** Asks for a subnet. */
export function createSubnet(cloud: Cloud, fields: Fields): Promise<Answer> {
  return create(cloud, 'subnet', { ip_version: 4, cidr: '10.9.0.0/24', ...fields });
}

/** Asks for a port. */
export function createPort(cloud: Cloud, fields: Fields): Promise<Answer> {
  return create(cloud, 'port', fields);
}

/** A new network; returns its id. */
export async function makeNetwork(cloud: Cloud, fields?: Fields): Promise<string> {
  return (await createNetwork(cloud, fields)).is(201).string('network.id');
}

/** A new network with one subnet; returns their ids. */
export async function makeSubnet(
  cloud: Cloud,
  fields: Fields = {},
): Promise<{ network: string; subnet: string }> {
  const network = await makeNetwork(cloud);
  const answer = await createSubnet(cloud, { network_id: network, ...fields });
  return { network, subnet: answer.is(201).string('subnet.id') };
}

/** A new port on the network; returns its id. */
export async function makePort(cloud: Cloud, network: string, fields?: Fields): Promise<string> {
  return (await createPort(cloud, { network_id: network, ...fields })).is(201).string('port.id');
}
