#!/usr/bin/env bash
# Fills the new cloud, and ends when it is ready for use.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

await keystone answers "$IDENTITY/v3"
export IDENTITY HOST
python3 "$SERVICES/seed_identity.py"
touch "$OPENSTACK_DIR/identity-seeded"
say 'accounts and catalogue are there'

await keystone-v2 answers "http://$HOST:$KEYSTONE_V2_PORT/v2.0"
await swift answers "http://$HOST:$SWIFT_PORT/info"
await glance answers "http://$HOST:$GLANCE_PORT/healthcheck"
await neutron answers "http://$HOST:$NEUTRON_PORT/"
await nova answers "http://$HOST:$NOVA_PORT/"
python3 "$SERVICES/seed_cloud.py"
say 'images, flavors and the public network are there'

found() { [[ -n $(sql "$1") ]]; }
await compute-host found "SELECT 1 FROM nova_api.host_mappings WHERE host = '$NODE'"
await port-binding-agent found "SELECT 1 FROM neutron.agents WHERE host = '$NODE'"
