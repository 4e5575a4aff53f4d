#!/usr/bin/env bash
# Neutron: networks, subnets, ports, and an agent that has every port bound and none plugged.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

mkdir -p "$CONFIG/neutron" "$DATA/neutron"
cat >"$CONFIG/neutron/neutron.conf" <<EOF
[DEFAULT]
host = $NODE
bind_host = $HOST
bind_port = $NEUTRON_PORT
core_plugin = ml2
service_plugins = router
api_workers = 1
rpc_workers = 1
rpc_state_report_workers = 0
state_path = $DATA/neutron
use_stderr = true
transport_url = $MESSAGES
api_paste_config = $(shipped neutron-common api-paste.ini)
auth_strategy = keystone
[oslo_concurrency]
lock_path = $DATA/neutron
[nova]
$(service_login nova)
[placement]
$(service_login placement)
[quotas]
quota_network = 100
quota_subnet = 100
quota_port = 1000
quota_security_group = 10
$(database_section neutron)
[keystone_authtoken]
$(token_check neutron)
EOF
cat >"$CONFIG/neutron/ml2.ini" <<'EOF'
[ml2]
type_drivers = flat,vxlan
tenant_network_types = vxlan
mechanism_drivers = openvswitch
extension_drivers = port_security
[ml2_type_flat]
flat_networks = outside
[ml2_type_vxlan]
vni_ranges = 1:2000
EOF
configuration=(--config-file "$CONFIG/neutron/neutron.conf" --config-file "$CONFIG/neutron/ml2.ini")

await_database neutron
neutron-db-manage "${configuration[@]}" upgrade head
await keystone answers "$IDENTITY/v3"
neutron-server "${configuration[@]}" >"$LOGS/neutron-server.log" 2>&1 &
await neutron answers "http://$HOST:$NEUTRON_PORT/"
export NODE
python3 -u "$SERVICES/port_binding_agent.py" "${configuration[@]}" >"$LOGS/port-binding-agent.log" 2>&1 &
wait -n
tail --lines=5 "$LOGS/neutron-server.log" "$LOGS/port-binding-agent.log"
exit 1
