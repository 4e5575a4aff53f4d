#!/usr/bin/env bash
# Glance: images, in files.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

mkdir -p "$CONFIG/glance" "$DATA/glance"/{images,staging,tasks}
cat >"$CONFIG/glance/glance-api.conf" <<EOF
[DEFAULT]
bind_host = $HOST
bind_port = $GLANCE_PORT
workers = 1
use_stderr = true
enabled_backends = file:file
enabled_import_methods = []
transport_url = $MESSAGES
public_endpoint = http://$HOST:$GLANCE_PORT
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $DATA/glance/images
[os_glance_staging_store]
filesystem_store_datadir = $DATA/glance/staging
[os_glance_tasks_store]
filesystem_store_datadir = $DATA/glance/tasks
[paste_deploy]
flavor = keystone
config_file = $(shipped glance-common glance-api-paste.ini)
[oslo_concurrency]
lock_path = $DATA/glance
$(database_section glance)
[keystone_authtoken]
$(token_check glance)
EOF

await_database glance
glance-manage --config-file "$CONFIG/glance/glance-api.conf" db_sync
entry_point glance-api glance.cmd.api --config-file "$CONFIG/glance/glance-api.conf"
