"""Stands in for neutron-openvswitch-agent: no packets, but ports come up.

Tells Neutron that an agent lives on this node, so that the openvswitch mechanism driver binds ports to it, and that
every port bound here is up, at which Neutron sends Nova the network-vif-plugged event.
"""

import eventlet

eventlet.monkey_patch()

import os
import sys
import time

import requests
from neutron.agent import rpc
from neutron.common import config
from neutron.conf.agent import common as agent_options
from neutron_lib import constants, context
from neutron_lib.agent import topics
from oslo_config import cfg

REPORT_SECONDS, POLL_SECONDS = 20, 0.5
NODE, NEUTRON = os.environ['NODE'], os.environ['NEUTRON_URL']

config.register_common_config_options()
agent_options.register_agent_state_opts_helper(cfg.CONF)
config.init(sys.argv[1:])

agent = {
    'binary': 'neutron-openvswitch-agent',
    'host': NODE,
    'topic': constants.L2_AGENT_TOPIC,
    'agent_type': constants.AGENT_TYPE_OVS,
    'start_flag': True,
    'configurations': {
        'bridge_mappings': {'outside': 'br-ex'},
        'integration_bridge': 'br-int',
        'datapath_type': 'system',
        'tunnel_types': ['vxlan'],
        'tunneling_ip': '127.0.0.1',
        'ovs_hybrid_plug': False,
        'in_distributed_mode': False,
        'ovs_capabilities': {'datapath_types': ['system'], 'iface_types': ['internal']},
    },
}
admin = context.get_admin_context_without_session()
reports, plugin = rpc.PluginReportStateAPI(topics.REPORTS), rpc.PluginApi(topics.PLUGIN)
session = requests.Session()


def login():
    user = {'name': 'neutron', 'domain': {'id': 'default'}, 'password': os.environ['OPENSTACK_PASSWORD']}
    scope = {'project': {'name': 'service', 'domain': {'id': 'default'}}}
    identity = {'methods': ['password'], 'password': {'user': user}}
    answer = session.post(
        os.environ['IDENTITY'] + '/v3/auth/tokens', json={'auth': {'identity': identity, 'scope': scope}}, timeout=20
    )
    answer.raise_for_status()
    session.headers['X-Auth-Token'] = answer.headers['X-Subject-Token']


def raise_ports():
    if 'X-Auth-Token' not in session.headers:
        login()
    bound = {'binding:host_id': NODE, 'status': 'DOWN', 'fields': ['id', 'device_owner']}
    answer = session.get(NEUTRON + '/v2.0/ports', params=bound, timeout=20)
    if answer.status_code == 401:
        del session.headers['X-Auth-Token']
        return
    for port in answer.json()['ports']:
        if port['device_owner'].startswith(constants.DEVICE_OWNER_COMPUTE_PREFIX):
            plugin.update_device_up(admin, port['id'], 'ovs-agent-' + NODE, NODE)


reported = float('-inf')
while True:
    try:
        if time.monotonic() - reported > REPORT_SECONDS:
            reports.report_state(admin, agent, use_call=True)
            agent.pop('start_flag', None)
            reported = time.monotonic()
        raise_ports()
    # A busy Neutron may answer late or not at all; the next round asks again.
    except Exception as error:
        print('port binding agent: %r' % error)
    time.sleep(POLL_SECONDS)
