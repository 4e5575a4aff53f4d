"""Stands in for neutron-openvswitch-agent: no packets, but ports come up.

Tells Neutron that an agent lives on this node, so that the openvswitch mechanism driver binds ports to it, and that
every port bound here is up, at which Neutron sends Nova the network-vif-plugged event.
"""

import eventlet

eventlet.monkey_patch()

import os
import sys
import time

import sqlalchemy
from neutron.agent import rpc
from neutron.common import config
from neutron.conf.agent import common as agent_options
from neutron_lib import constants, context
from neutron_lib.agent import topics
from oslo_config import cfg
from oslo_db import options as database_options

REPORT_SECONDS, POLL_SECONDS = 20, 0.3
NODE = os.environ['NODE']

config.register_common_config_options()
agent_options.register_agent_state_opts_helper(cfg.CONF)
database_options.set_defaults(cfg.CONF)
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
database = sqlalchemy.create_engine(cfg.CONF.database.connection)
# Asking Neutron itself, twice a second, would cost more than all else it does.
WAITING = sqlalchemy.text(
    "SELECT ports.id FROM ports JOIN ml2_port_bindings AS bindings ON bindings.port_id = ports.id"
    " WHERE bindings.host = :host AND ports.status = 'DOWN' AND ports.device_owner LIKE 'compute:%'"
)


def raise_ports():
    with database.connect() as connection:
        waiting = [port for port, in connection.execute(WAITING, {'host': NODE})]
    for port in waiting:
        plugin.update_device_up(admin, port, 'ovs-agent-' + NODE, NODE)


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
