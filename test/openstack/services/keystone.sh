#!/usr/bin/env bash
# Keystone: Identity v3.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

mkdir -p "$CONFIG/keystone" "$DATA/keystone"
chmod 700 "$DATA/keystone"
cat >"$CONFIG/keystone/keystone.conf" <<EOF
[DEFAULT]
use_stderr = true
public_endpoint = $IDENTITY
[token]
provider = fernet
expiration = 3600
[fernet_tokens]
key_repository = $DATA/keystone/tokens
[credential]
key_repository = $DATA/keystone/credentials
[identity]
password_hash_rounds = 4
[cache]
enabled = true
backend = dogpile.cache.memcached
memcache_servers = $HOST:$MEMCACHED_PORT
[oslo_middleware]
max_request_body_size = 114688
$(database_section keystone)
EOF
cat >"$CONFIG/keystone/app.py" <<'EOF'
from keystone.server.wsgi import initialize_public_application
application = initialize_public_application()
EOF

manage() { keystone-manage --config-file "$CONFIG/keystone/keystone.conf" "$@"; }
manage fernet_setup --keystone-user root --keystone-group root
manage credential_setup --keystone-user root --keystone-group root
await_database keystone
manage db_sync
manage bootstrap --bootstrap-password "$OPENSTACK_PASSWORD" --bootstrap-region-id "$OPENSTACK_REGION" \
  --bootstrap-admin-url "$IDENTITY/v3/" --bootstrap-internal-url "$IDENTITY/v3/" --bootstrap-public-url "$IDENTITY/v3/"

export OS_KEYSTONE_CONFIG_DIR=$CONFIG/keystone
# One thread each: with more, requests at the same moment have been seen to share an identity.
wsgi keystone "$KEYSTONE_PORT" "$CONFIG/keystone/app.py" 3 1
