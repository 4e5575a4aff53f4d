import { after, before, test } from 'node:test';
import { assertFault, NetworkingApi } from './networking-api.js';
import { startCloud, type TestCloud } from './start-cloud.js';

type Refusal = [wish: Record<string, unknown>, status: number, type: string, message: string];

let cloud: TestCloud;
let api: NetworkingApi;
let networkId: string;
let subnetId: string;
before(async () => {
  cloud = await startCloud();
  api = new NetworkingApi(cloud);
  networkId = (await api.make('network', { name: 'refusing' })).id;
  const addresses = { cidr: '10.9.1.0/24', ip_version: 4, gateway_ip: null };
  subnetId = (await api.make('subnet', { network_id: networkId, ...addresses })).id;
});
after(() => cloud.close());

const BAD = 'HTTPBadRequest';
const MISSING = '11111111-1111-1111-1111-111111111112';

test('bodies that are no request', async () => {
  const unable = "Unable to find 'network' in request body";
  const invalid = 'Body contains invalid data';
  for (const [body, message] of [
    ['', unable],
    ['{}', unable],
    ['{"net": {}}', unable],
    ['{"network": null}', unable],
    ['{', invalid],
    ['[]', invalid],
    ['{"networks": 7}', invalid],
    ['{"networks": [7]}', invalid],
    ['{"network": []}', "Object 'network' contains invalid data"],
    ['{"networks": []}', 'Resources required'],
  ] as const) {
    assertFault(await api.request('POST', 'networks', body), 400, BAD, message);
  }
  const bulk = await api.request('PUT', `networks/${networkId}`, { networks: [{ name: 'x' }] });
  assertFault(bulk, 400, BAD, 'Bulk operation not supported');
  const deleting = await api.request('DELETE', `networks/${networkId}`, { x: 1 });
  assertFault(deleting, 400, BAD, 'Request body is not supported in DELETE.');
});

test('methods that a path does not have', async () => {
  const message =
    'The server could not comply with the request since it is either malformed or otherwise ' +
    'incorrect.';
  for (const [method, path] of [
    ['PATCH', 'networks'],
    ['PATCH', `networks/${networkId}`],
    ['POST', `networks/${networkId}`],
  ] as const) {
    assertFault(await api.request(method, path, '{}'), 405, 'HTTPMethodNotAllowed', message);
  }
});

test('networks that cannot be', async () => {
  const cannot = 'Invalid input for operation: ';
  const disallowed = (attribute: string) =>
    `(rule:create_network and rule:create_network:${attribute}) is disallowed by policy`;
  await refuseEach('network', {}, [
    [{ bogus: 1, foo: 2 }, 400, BAD, "Unrecognized attribute(s) 'bogus, foo'"],
    [{ id: 'x' }, 400, BAD, "Attribute 'id' not allowed in POST"],
    [{ name: 5 }, 400, BAD, "Invalid input for name. Reason: '5' is not a valid string."],
    [{ name: null }, 400, BAD, "Invalid input for name. Reason: 'None' is not a valid string."],
    [
      { description: 'd'.repeat(256) },
      400,
      BAD,
      `Invalid input for description. Reason: '${'d'.repeat(256)}' exceeds maximum length of 255.`,
    ],
    [
      { admin_state_up: 'maybe' },
      400,
      'InvalidInput',
      `${cannot}'maybe' cannot be converted to boolean.`,
    ],
    [{ mtu: 'x' }, 400, 'InvalidInput', `${cannot}'x' is not an integer.`],
    [{ mtu: 9000 }, 400, 'InvalidInput', `${cannot}Requested MTU is too big, maximum is 1450.`],
    [
      { tenant_id: 'another' },
      400,
      BAD,
      "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request " +
        'requires admin or advsvc privileges',
    ],
    [{ shared: true }, 403, 'PolicyNotAuthorized', disallowed('shared')],
    [{ 'router:external': true }, 403, 'PolicyNotAuthorized', disallowed('router:external')],
    [
      { 'provider:network_type': 'vxlan' },
      403,
      'PolicyNotAuthorized',
      disallowed('provider:network_type'),
    ],
    [
      { availability_zone_hints: ['nova'] },
      404,
      'AvailabilityZoneNotFound',
      'AvailabilityZone nova could not be found.',
    ],
  ]);
});

test('changes that cannot be', async () => {
  for (const [change, message] of [
    [{ id: 'x' }, 'Cannot update read-only attribute id'],
    [{ subnets: [] }, 'Cannot update read-only attribute subnets'],
    [{ bogus: 1 }, "Unrecognized attribute(s) 'bogus'"],
  ] as const) {
    const answer = await api.request('PUT', `networks/${networkId}`, { network: change });
    assertFault(answer, 400, BAD, message);
  }
  const cidr = await api.request('PUT', `subnets/${subnetId}`, { subnet: { cidr: '10.0.0.0/8' } });
  assertFault(cidr, 400, BAD, 'Cannot update read-only attribute cidr');
  assertFault(
    await api.request('PUT', `subnets/${subnetId}`, { subnet: { gateway_ip: '10.9.1.1' } }),
    409,
    'GatewayConflictWithAllocationPools',
    'Gateway ip 10.9.1.1 conflicts with allocation pool 10.9.1.1-10.9.1.254.',
  );
});

test('subnets that cannot be', async () => {
  const required = (name: string) =>
    `Failed to parse request. Required attribute '${name}' not specified`;
  const cannot = (reason: string): [number, string, string] => [
    400,
    'InvalidInput',
    `Invalid input for operation: ${reason}.`,
  ];
  await refuseEach('subnet', {}, [
    [{ ip_version: 4 }, 400, BAD, required('network_id')],
    [{ network_id: networkId }, 400, BAD, required('ip_version')],
    [
      { network_id: MISSING, ip_version: 4, cidr: '10.9.0.0/24' },
      404,
      'NetworkNotFound',
      `Network ${MISSING} could not be found.`,
    ],
  ]);
  const invalidDns = "Invalid input for dns_nameservers. Reason: 'x' is not a valid nameserver. ";
  await refuseEach('subnet', { network_id: networkId, ip_version: 4, cidr: '10.9.0.0/24' }, [
    [
      { cidr: undefined },
      400,
      'BadRequest',
      'Bad subnets request: a subnetpool must be specified in the absence of a cidr.',
    ],
    [
      { ip_version: 5 },
      400,
      BAD,
      'Invalid input for ip_version. Reason: 5 is not in valid_values.',
    ],
    [{ ip_version: 6 }, ...cannot("cidr '10.9.0.0/24' does not match the ip_version '6'")],
    [{ cidr: '10.9.0.0/33' }, ...cannot('10.9.0.0/33 is not in a CIDR format')],
    [
      { cidr: '10.9.0.0/31' },
      ...cannot('Subnet has a prefix length that is incompatible with DHCP service enabled'),
    ],
    [
      { cidr: '0.0.0.0/0', enable_dhcp: false },
      ...cannot('0 is not allowed as CIDR prefix length'),
    ],
    [{ gateway_ip: '10.9.0.255' }, ...cannot('Gateway is not valid on subnet')],
    [
      { gateway_ip: '10.9.0.300' },
      400,
      BAD,
      "Invalid input for gateway_ip. Reason: '10.9.0.300' is not a valid IP address.",
    ],
    [
      { allocation_pools: [{ start: '10.9.0.1', end: '10.9.0.4' }] },
      409,
      'GatewayConflictWithAllocationPools',
      'Gateway ip 10.9.0.1 conflicts with allocation pool 10.9.0.1-10.9.0.4.',
    ],
    [
      { allocation_pools: [{ start: '10.9.1.1', end: '10.9.1.4' }] },
      400,
      'OutOfBoundsAllocationPool',
      'The allocation pool 10.9.1.1-10.9.1.4 spans beyond the subnet cidr 10.9.0.0/24.',
    ],
    [
      { allocation_pools: [{ start: '10.9.0.9', end: '10.9.0.4' }] },
      400,
      'InvalidAllocationPool',
      "The allocation pool {'start': '10.9.0.9', 'end': '10.9.0.4'} is not valid.",
    ],
    [
      {
        allocation_pools: [
          { start: '10.9.0.4', end: '10.9.0.9' },
          { start: '10.9.0.9', end: '10.9.0.19' },
        ],
      },
      409,
      'OverlappingAllocationPools',
      'Found overlapping allocation pools: 10.9.0.4-10.9.0.9 10.9.0.9-10.9.0.19 ' +
        'for subnet 10.9.0.0/24.',
    ],
    [{ dns_nameservers: ['x'] }, 400, BAD, `${invalidDns}'x' is not a valid IP address.`],
    [
      { dns_nameservers: [1, 2, 3, 4, 5, 6].map((n) => `9.9.9.${n}`) },
      400,
      'DNSNameServersExhausted',
      'Unable to complete operation for new subnet. ' +
        'The number of DNS nameservers exceeds the limit 5.',
    ],
    [
      { host_routes: [{ destination: '1.1.1.1/24', nexthop: '10.9.0.2' }] },
      400,
      BAD,
      "Invalid input for host_routes. Reason: '1.1.1.1/24' is not a recognized CIDR, " +
        "'1.1.1.0/24' is recommended.",
    ],
  ]);
});

test('ports that cannot be', async () => {
  const invalid = (attribute: string, reason: string): [number, string, string] => [
    400,
    BAD,
    `Invalid input for ${attribute}. Reason: ${reason}.`,
  ];
  await refuseEach('port', { network_id: networkId }, [
    [{ network_id: MISSING }, 404, 'NetworkNotFound', `Network ${MISSING} could not be found.`],
    [
      { fixed_ips: [{ subnet_id: MISSING }] },
      404,
      'SubnetNotFound',
      `Subnet ${MISSING} could not be found.`,
    ],
    [
      { fixed_ips: [{ subnet_id: subnetId, ip_address: '10.9.2.1' }] },
      400,
      'InvalidIpForSubnet',
      'IP address 10.9.2.1 is not a valid IP for the specified subnet.',
    ],
    [
      { fixed_ips: [{ ip_address: 'x' }] },
      ...invalid('fixed_ips', "'x' is not a valid IP address"),
    ],
    [
      { fixed_ips: [{ ip_address: '10.9.1.2' }, { ip_address: '10.9.1.2' }] },
      ...invalid('fixed_ips', "Duplicate IP address '10.9.1.2'"),
    ],
    [
      { fixed_ips: [{}] },
      400,
      'InvalidInput',
      'Invalid input for operation: IP allocation requires subnet_id or ip_address.',
    ],
    [{ mac_address: 'zz' }, ...invalid('mac_address', "'zz' is not a valid MAC address")],
    [
      { security_groups: [MISSING] },
      404,
      'SecurityGroupNotFound',
      `Security group ${MISSING} does not exist`,
    ],
    [{ allowed_address_pairs: 'x' }, 400, BAD, 'Allowed address pairs must be a list.'],
    [
      { allowed_address_pairs: [{ mac_address: 'aa:bb:cc:dd:ee:02' }] },
      400,
      'AllowedAddressPairsMissingIP',
      'AllowedAddressPair must contain ip_address',
    ],
    [
      { port_security_enabled: false, allowed_address_pairs: [{ ip_address: '10.244.0.0/16' }] },
      409,
      'AddressPairAndPortSecurityRequired',
      'Port Security must be enabled in order to have allowed address pairs on a port.',
    ],
    [
      { 'binding:host_id': 'host' },
      403,
      'PolicyNotAuthorized',
      '(rule:create_port and rule:create_port:binding:host_id) is disallowed by policy',
    ],
  ]);
});

async function refuseEach(
  kind: string,
  base: Record<string, unknown>,
  refusals: Refusal[],
): Promise<void> {
  for (const [wish, status, type, message] of refusals) {
    assertFault(await api.create(kind, { ...base, ...wish }), status, type, message);
  }
}
