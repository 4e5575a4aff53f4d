#!/usr/bin/env bash
# Placement: what the compute host has room for.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

mkdir -p "$CONFIG/placement"
cat >"$CONFIG/placement/placement.conf" <<EOF
[DEFAULT]
use_stderr = true
[api]
auth_strategy = keystone
$(database_section placement placement_database)
[keystone_authtoken]
$(token_check placement)
EOF
cat >"$CONFIG/placement/app.py" <<'EOF'
from placement.wsgi import init_application
application = init_application()
EOF

await_database placement
placement-manage --config-file "$CONFIG/placement/placement.conf" db sync
export OS_PLACEMENT_CONFIG_DIR=$CONFIG/placement
wsgi placement "$PLACEMENT_PORT" "$CONFIG/placement/app.py" 1 4
