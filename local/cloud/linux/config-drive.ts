import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { networkData } from './network-data.js';
import type { ServerInput, ServerRecord } from '../records.js';
import type { PluggedPort } from './network-data.js';

/** The versions that Nova writes, each with the first of the documents that came with it. */
const VERSIONS = [
  '2012-08-10',
  '2013-04-04',
  '2013-10-17',
  '2015-10-15',
  '2016-06-30',
  '2016-10-06',
  '2017-02-22',
  '2018-08-27',
  '2020-10-14',
  'latest',
];

/**
 * Writes a server's config drive as Nova lays it out (nova/api/metadata/base.py, 26.2). As there, `ec2/` is beside
 * `openstack/`, and injected files lie under `openstack/content/`.
 */
export function writeConfigDrive(
  folder: string,
  server: ServerRecord,
  input: ServerInput,
  ports: PluggedPort[],
  projectId: string,
): void {
  rmSync(folder, { recursive: true, force: true });
  const write = (file: string, content: string | Buffer): void => {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content, { mode: 0o600 });
  };
  const userData = input.userData === null ? undefined : Buffer.from(input.userData, 'base64');
  const keys = Object.entries(input.publicKeys);
  const hostname = `${server.hostname}.novalocal`;
  const seed = randomBytes(512).toString('base64');
  const files = input.personality.map(({ path: target }, i) => ({
    content_path: `/content/${String(i).padStart(4, '0')}`,
    path: target,
  }));
  for (const [i, { contents }] of input.personality.entries()) {
    write(`openstack/content/${String(i).padStart(4, '0')}`, Buffer.from(contents, 'base64'));
  }
  for (const version of VERSIONS) {
    const since = (first: string): boolean => version >= first;
    const to = (name: string): string => `openstack/${version}/${name}`;
    const metaData = {
      uuid: server.id,
      ...(Object.keys(server.metadata).length > 0 && { meta: server.metadata }),
      ...(keys.length > 0 && { public_keys: Object.fromEntries(keys) }),
      ...(keys.length > 0 && {
        keys: keys.map(([name, data]) => ({ name, type: 'ssh', data })),
      }),
      ...(files.length > 0 && { files }),
      hostname,
      name: server.name,
      launch_index: 0,
      availability_zone: server.availabilityZone || 'nova',
      ...(since('2013-04-04') && { random_seed: seed }),
      ...(since('2015-10-15') && { project_id: projectId }),
      ...(since('2016-06-30') && { devices: [] }),
      ...(since('2020-10-14') && { dedicated_cpus: [] }),
    };
    write(to('meta_data.json'), JSON.stringify(metaData));
    if (userData !== undefined) write(to('user_data'), userData);
    if (since('2013-10-17')) write(to('vendor_data.json'), '{}');
    if (since('2015-10-15')) write(to('network_data.json'), JSON.stringify(networkData(ports)));
    if (since('2016-10-06')) write(to('vendor_data2.json'), '{"static": {}}');
  }
  const first = ports[0]?.port.fixedIps[0]?.ip ?? '';
  for (const version of ['2009-04-04', 'latest']) {
    write(`ec2/${version}/meta-data.json`, JSON.stringify(ec2(server, keys, first)));
    if (userData !== undefined) write(`ec2/${version}/user-data`, userData);
  }
}

function ec2(
  server: ServerRecord,
  keys: [string, string][],
  localAddress: string,
): Record<string, unknown> {
  const hostname = `${server.hostname}.novalocal`;
  const publicKeys = keys.map(([name, key], i) => [
    i,
    { _name: `${i}=${name}`, 'openssh-key': key },
  ]);
  return {
    'ami-launch-index': 0,
    'ami-manifest-path': 'FIXME',
    'instance-id': `i-${server.order.toString(16).padStart(8, '0')}`,
    hostname,
    'local-hostname': hostname,
    'public-hostname': hostname,
    'local-ipv4': localAddress,
    'public-ipv4': '',
    ...(keys.length > 0 && { 'public-keys': Object.fromEntries(publicKeys) as unknown }),
    placement: { 'availability-zone': server.availabilityZone || 'nova' },
    'instance-action': 'none',
  };
}
