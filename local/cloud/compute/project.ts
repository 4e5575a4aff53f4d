import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../cloud.js';
import { param } from '../query.js';
import { noResource, novaFault, policy } from './faults.js';
import { requestedMicroversion } from './microversion.js';
import { findServer } from './server-store.js';

/** Lists that only an administrator may see, with the policy rule that says so. */
const ADMIN_LISTS: Record<string, string> = {
  'os-services': 'os-services:list',
  'os-hypervisors': 'os-hypervisors:list',
  'os-hypervisors/detail': 'os-hypervisors:list-detail',
  'os-hypervisors/statistics': 'os-hypervisors:statistics',
  'os-aggregates': 'os-aggregates:index',
  'os-migrations': 'os-migrations:index',
  'os-hosts': 'os-hosts:list',
  'os-availability-zone/detail': 'os-availability-zone:detail',
  'os-instance_usage_audit_log': 'os-instance-usage-audit-log:list',
  'os-quota-class-sets/:class': 'os-quota-class-sets:show',
};

/** Extensions that clients of the old API look for: alias, name, description. */
const EXTENSIONS: [string, string, string][] = [
  ['OS-DCF', 'DiskConfig', 'Disk Management Extension.'],
  ['OS-EXT-AZ', 'ExtendedAvailabilityZone', 'Extended Availability Zone support.'],
  ['OS-EXT-IPS', 'ExtendedIps', 'Adds type parameter to the ip list.'],
  ['OS-EXT-IPS-MAC', 'ExtendedIpsMac', 'Adds mac address parameter to the ip list.'],
  ['OS-EXT-STS', 'ExtendedStatus', 'Extended Status support.'],
  ['OS-SRV-USG', 'ServerUsage', 'Adds launched_at and terminated_at on Servers.'],
  ['os-attach-interfaces', 'AttachInterfaces', 'Attach interface support.'],
  ['os-availability-zone', 'AvailabilityZone', ''],
  ['os-config-drive', 'ConfigDrive', 'Config Drive Extension.'],
  ['os-console-output', 'ConsoleOutput', 'Console log output support, with tailing ability.'],
  ['os-extended-volumes', 'ExtendedVolumes', 'Extended Volumes support.'],
  ['os-flavor-extra-specs', 'FlavorExtraSpecs', 'Flavors extra specs support.'],
  [
    'os-instance-actions',
    'InstanceActions',
    'View a log of actions and events taken on an instance.',
  ],
  ['os-keypairs', 'Keypairs', 'Keypair Support.'],
  ['os-multiple-create', 'MultipleCreate', 'Allow multiple create in the Create Server v2.1 API.'],
  ['os-quota-sets', 'Quotas', 'Quotas management support.'],
  ['os-server-start-stop', 'ServerStartStop', 'Start/Stop instance compute API support.'],
  ['os-used-limits', 'UsedLimits', 'Provide data on limited resource that are being used.'],
  ['os-user-data', 'UserData', ''],
];

/** What else Compute tells a project. */
export function projectRoutes(app: FastifyInstance, cloud: Cloud): void {
  const base = '/compute/v2.1';

  app.get(`${base}/os-availability-zone`, () => ({
    availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true }, hosts: null }],
  }));

  app.get(`${base}/extensions`, () => ({ extensions: EXTENSIONS.map(extensionDocument) }));
  app.get(`${base}/extensions/:alias`, (request) => {
    const found = EXTENSIONS.find(([alias]) => alias === param(request, 'alias'));
    if (found === undefined) throw noResource();
    return { extension: extensionDocument(found) };
  });

  for (const [path, rule] of Object.entries(ADMIN_LISTS)) {
    app.get(`${base}/${path}`, () => {
      throw policy(rule);
    });
  }

  app.get(`${base}/servers/:server/os-volume_attachments`, (request) => {
    findServer(cloud.state, param(request, 'server'));
    return { volumeAttachments: [] };
  });

  app.get(`${base}/servers/:server/os-server-password`, (request) => {
    findServer(cloud.state, param(request, 'server'));
    return { password: '' };
  });

  app.get(`${base}/servers/:server/diagnostics`, () => {
    throw policy('os-server-diagnostics');
  });

  app.post(`${base}/servers/:server/remote-consoles`, (request) => {
    if (requestedMicroversion(cloud, request) < 6) throw noResource();
    findServer(cloud.state, param(request, 'server'));
    throw novaFault(400, 'Unavailable console type novnc.');
  });
}

function extensionDocument([alias, name, description]: [string, string, string]): Record<
  string,
  unknown
> {
  return {
    alias,
    description,
    links: [],
    name,
    namespace: 'http://docs.openstack.org/compute/ext/fake_xml',
    updated: '2014-12-03T00:00:00Z',
  };
}
