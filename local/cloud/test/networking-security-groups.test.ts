import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFault, NetworkingApi, type Thing } from './networking-api.js';
import { startCloud, type TestCloud } from './start-cloud.js';

let cloud: TestCloud;
let api: NetworkingApi;
let defaultGroup: Thing;
before(async () => {
  cloud = await startCloud();
  api = new NetworkingApi(cloud);
  defaultGroup = (await api.list('security-groups?name=default'))[0]!;
});
after(() => cloud.close());

const rulesOf = (group: Thing): Record<string, unknown>[] =>
  group.security_group_rules as Record<string, unknown>[];

test('the default group lets its own in and everything out, and stays', async () => {
  const rules = rulesOf(defaultGroup).map(({ direction, ethertype, remote_group_id: remote }) =>
    [direction, ethertype, remote === defaultGroup.id ? 'own' : remote].join(' '),
  );
  assert.deepEqual(rules.sort(), [
    'egress IPv4 ',
    'egress IPv6 ',
    'ingress IPv4 own',
    'ingress IPv6 own',
  ]);
  const path = `security-groups/${defaultGroup.id}`;
  assertFault(
    await api.request('DELETE', path),
    409,
    'SecurityGroupCannotRemoveDefault',
    'Insufficient rights for removing default security group.',
  );
  assertFault(
    await api.request('PUT', path, { security_group: { name: 'x' } }),
    409,
    'SecurityGroupCannotUpdateDefault',
    'Updating default security group not allowed.',
  );
  assertFault(
    await api.create('security_group', { name: 'Default' }),
    409,
    'SecurityGroupDefaultAlreadyExists',
    'Default security group already exists.',
  );
});

test('a group with its rules, used by a port', async () => {
  const group = await api.make('security_group', { name: 'web', description: 'd' });
  assert.equal(group.stateful, true);
  assert.deepEqual(
    rulesOf(group).map(({ direction }) => direction),
    ['egress', 'egress'],
  );
  const wish = {
    security_group_id: group.id,
    direction: 'ingress',
    protocol: 'TCP',
    port_range_min: '443',
    port_range_max: 443,
    remote_ip_prefix: '10.0.0.7/8',
  };
  const rule = await api.make('security_group_rule', wish);
  assert.deepEqual(
    [rule.protocol, rule.port_range_min, rule.ethertype, rule.normalized_cidr],
    ['tcp', 443, 'IPv4', '10.0.0.0/8'],
  );
  assertFault(
    await api.create('security_group_rule', { ...wish, protocol: 6 }),
    409,
    'SecurityGroupRuleExists',
    `Security group rule already exists. Rule id is ${rule.id}.`,
  );
  const listed = await api.list(`security-group-rules?security_group_id=${group.id}&protocol=tcp`);
  assert.deepEqual(listed, [rule]);

  const network = await api.make('network', { name: 'guarded' });
  const port = await api.make('port', { network_id: network.id, security_groups: [group.id] });
  assertFault(
    await api.request('DELETE', `security-groups/${group.id}`),
    409,
    'SecurityGroupInUse',
    `Security Group ${group.id} in use.`,
  );
  for (const path of [
    `ports/${port.id}`,
    `security-group-rules/${rule.id}`,
    `security-groups/${group.id}`,
  ]) {
    assert.equal((await api.request('DELETE', path)).status, 204, path);
  }
  assertFault(
    await api.request('GET', `security-group-rules/${rule.id}`),
    404,
    'SecurityGroupRuleNotFound',
    `Security group rule ${rule.id} does not exist`,
  );
});

test('rules about a group go with it', async () => {
  const [one, two] = [
    await api.make('security_group', { name: 'one' }),
    await api.make('security_group', { name: 'two' }),
  ];
  await api.make('security_group_rule', {
    security_group_id: one.id,
    direction: 'ingress',
    remote_group_id: two.id,
  });
  assert.equal((await api.request('DELETE', `security-groups/${two.id}`)).status, 204);
  const rules = await api.list(`security-group-rules?security_group_id=${one.id}`);
  assert.deepEqual(
    rules.map(({ direction }) => direction),
    ['egress', 'egress'],
  );
});

test('rules that cannot be', async () => {
  const { id } = await api.make('security_group', { name: 'refusing' });
  const wish = { security_group_id: id, direction: 'ingress' };
  const missing = '11111111-1111-1111-1111-111111111112';
  for (const [rule, status, type, message] of [
    [
      { direction: 'in' },
      400,
      'HTTPBadRequest',
      'Invalid input for direction. Reason: in is not in valid_values.',
    ],
    [
      { port_range_min: 22 },
      400,
      'SecurityGroupProtocolRequiredWithPorts',
      'Must also specify protocol if port range is given.',
    ],
    [
      { protocol: 'tcp', port_range_min: 23, port_range_max: 22 },
      400,
      'SecurityGroupInvalidPortRange',
      'For TCP/UDP protocols, port_range_min must be <= port_range_max',
    ],
    [
      { protocol: 'tcp', port_range_min: 70000, port_range_max: 70000 },
      400,
      'SecurityGroupInvalidPortValue',
      'Invalid value for port 70000',
    ],
    [
      { protocol: 'icmp', port_range_max: 0 },
      400,
      'SecurityGroupMissingIcmpType',
      'ICMP code (port-range-max) 0 is provided but ICMP type (port-range-min) is missing.',
    ],
    [
      { protocol: 'gre', port_range_min: 1 },
      400,
      'SecurityGroupInvalidProtocolForPort',
      'Ports cannot be specified for protocol 47. ' +
        'Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE.',
    ],
    [
      { protocol: 'icmpv6' },
      400,
      'SecurityGroupEthertypeConflictWithProtocol',
      'Invalid ethertype IPv4 for protocol icmpv6.',
    ],
    [
      { remote_ip_prefix: 'fd00::/64' },
      400,
      'SecurityGroupRuleParameterConflict',
      'Conflicting value ethertype IPv4 for CIDR fd00::/64',
    ],
    [{ remote_ip_prefix: 'x' }, 400, 'InvalidCIDR', 'Invalid CIDR x given as IP prefix.'],
    [
      { remote_group_id: missing },
      404,
      'SecurityGroupNotFound',
      `Security group ${missing} does not exist`,
    ],
    [
      { security_group_id: missing },
      404,
      'SecurityGroupNotFound',
      `Security group ${missing} does not exist`,
    ],
  ] as const) {
    assertFault(
      await api.create('security_group_rule', { ...wish, ...rule }),
      status,
      type,
      message,
    );
  }
  const twice = await api.request('POST', 'security-group-rules', {
    security_group_rules: [
      { ...wish, protocol: 'udp' },
      { ...wish, protocol: 17 },
    ],
  });
  assertFault(
    twice,
    409,
    'DuplicateSecurityGroupRuleInPost',
    'Duplicate Security Group Rule in POST.',
  );
  assert.equal((await api.list(`security-group-rules?security_group_id=${id}`)).length, 2);
});

test("a port's guards: the default group, none, or no port security at all", async () => {
  const network = await api.make('network', { name: 'guards' });
  const port = await api.make('port', {
    network_id: network.id,
    allowed_address_pairs: [{ ip_address: '10.244.0.0/16' }],
  });
  assert.deepEqual(port.security_groups, [defaultGroup.id]);
  assert.deepEqual(port.allowed_address_pairs, [
    { ip_address: '10.244.0.0/16', mac_address: port.mac_address },
  ]);
  const change = (changes: Record<string, unknown>) =>
    api.request('PUT', `ports/${port.id}`, { port: changes });
  assertFault(
    await change({ port_security_enabled: false }),
    409,
    'AddressPairAndPortSecurityRequired',
    'Port Security must be enabled in order to have allowed address pairs on a port.',
  );
  assertFault(
    await change({ port_security_enabled: false, allowed_address_pairs: [] }),
    409,
    'PortSecurityPortHasSecurityGroup',
    'Port has security group associated. Cannot disable port security or IP address until ' +
      'security group is removed.',
  );
  const bare = await change({
    port_security_enabled: false,
    allowed_address_pairs: [],
    security_groups: [],
  });
  assert.equal(bare.status, 200);
  assertFault(
    await change({ security_groups: [defaultGroup.id] }),
    400,
    'PortSecurityAndIPRequiredForSecurityGroups',
    'Port security must be enabled and port must have an IP address in order to use security ' +
      'groups.',
  );
});
