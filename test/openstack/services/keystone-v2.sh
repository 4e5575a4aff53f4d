#!/usr/bin/env bash
# A Rackspace-style Identity v2 in front of Keystone, which has had none for years.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

exec python3 -u "$SERVICES/keystone_v2.py" "$IDENTITY/v3" "$KEYSTONE_V2_PORT"
