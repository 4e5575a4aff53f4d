#!/usr/bin/env bash
# Nova with the fake driver: real API, scheduler, conductor, database and compute manager; no guest boots.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

mkdir -p "$CONFIG/nova" "$DATA/nova/instances"
cat >"$CONFIG/nova/nova.conf" <<EOF
[DEFAULT]
host = $NODE
my_ip = $HOST
compute_driver = fake.FakeDriver
state_path = $DATA/nova
instances_path = $DATA/nova/instances
use_stderr = true
transport_url = $MESSAGES
enabled_apis = osapi_compute,metadata
osapi_compute_listen = $HOST
osapi_compute_listen_port = $NOVA_PORT
osapi_compute_workers = 1
metadata_listen = $HOST
metadata_listen_port = $NOVA_METADATA_PORT
metadata_workers = 1
# There is but one host: a resized server stays on it.
allow_resize_to_same_host = true
vif_plugging_is_fatal = false
vif_plugging_timeout = 30
[api]
auth_strategy = keystone
[wsgi]
api_paste_config = $(shipped nova-common api-paste.ini)
[conductor]
workers = 1
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 2
[vnc]
enabled = false
[glance]
api_servers = http://$HOST:$GLANCE_PORT
[neutron]
service_metadata_proxy = true
metadata_proxy_shared_secret = $OPENSTACK_PASSWORD
$(service_login neutron)
[placement]
$(service_login placement)
[service_user]
send_service_user_token = true
$(service_login nova)
[quota]
instances = 300
cores = 1200
ram = 1048576
key_pairs = 100
metadata_items = 128
injected_files = 5
injected_file_content_bytes = 10240
injected_file_path_length = 255
[oslo_concurrency]
lock_path = $DATA/nova
$(database_section nova_api api_database)
$(database_section nova)
[keystone_authtoken]
$(token_check nova)
EOF
configuration=(--config-file "$CONFIG/nova/nova.conf")

for database in nova_api nova nova_cell0; do await_database $database; done
nova-manage "${configuration[@]}" api_db sync
nova-manage "${configuration[@]}" cell_v2 map_cell0 --database_connection "$(database_url nova_cell0)"
nova-manage "${configuration[@]}" db sync
nova-manage "${configuration[@]}" cell_v2 create_cell --name cell1
await rabbitmq bash -c "exec 3<>/dev/tcp/$HOST/$RABBITMQ_PORT"
await service-accounts test -e "$OPENSTACK_DIR/identity-seeded"
await placement answers "http://$HOST:$PLACEMENT_PORT/"

for part in conductor scheduler api; do
  entry_point "nova-$part" "nova.cmd.$part" "${configuration[@]}" >"$LOGS/nova-$part.log" 2>&1 &
done
python3 "$SERVICES/nova_compute.py" "${configuration[@]}" >"$LOGS/nova-compute.log" 2>&1 &
wait -n
tail --lines=5 "$LOGS"/nova-*.log
exit 1
