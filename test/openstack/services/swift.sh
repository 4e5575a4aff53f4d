#!/usr/bin/env bash
# Swift with one disk and one replica: the proxy, and an account, a container and an object server behind it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

mkdir -p "$DATA/swift/disk" "$DATA/swift-cache"
cat >"$CONFIG/swift/swift.conf" <<EOF
[swift-hash]
swift_hash_path_suffix = $(od --address-radix=n --format=x8 --read-bytes=8 /dev/urandom | tr --delete ' ')
[storage-policy:0]
name = Policy-0
default = yes
EOF

server_settings() {
  cat <<EOF
[DEFAULT]
bind_ip = $HOST
bind_port = $1
user = root
swift_dir = $CONFIG/swift
workers = 1
EOF
}
storage_server() {
  local kind=$1 port=$2 ring=$CONFIG/swift/$1
  {
    server_settings "$port"
    cat <<EOF
devices = $DATA/swift
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = $kind-server
[app:$kind-server]
use = egg:swift#$kind
recon_cache_path = $DATA/swift-cache
EOF
  } >"$CONFIG/swift/$kind-server.conf"
  swift-ring-builder "$ring.builder" create 8 1 1
  swift-ring-builder "$ring.builder" add "r1z1-$HOST:$port/disk" 100
  swift-ring-builder "$ring.builder" rebalance
}
storage_server account "$SWIFT_ACCOUNT_PORT"
storage_server container "$SWIFT_CONTAINER_PORT"
storage_server object "$SWIFT_OBJECT_PORT"

filters=(catch_errors gatekeeper healthcheck proxy_logging cache listing_formats bulk tempurl ratelimit authtoken
  keystoneauth copy container_quotas account_quotas slo dlo versioned_writes symlink)
{
  server_settings "$SWIFT_PORT"
  cat <<EOF
[pipeline:main]
pipeline = ${filters[*]} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
delay_auth_decision = true
$(token_check swift)
EOF
  for filter in "${filters[@]}"; do
    [[ $filter != authtoken ]] || continue
    [[ $filter != cache ]] && egg=$filter || egg=memcache
    printf '[filter:%s]\nuse = egg:swift#%s\n' "$filter" "$egg"
    case $filter in
      cache) echo "memcache_servers = $HOST:$MEMCACHED_PORT" ;;
      keystoneauth) echo 'operator_roles = admin, member' ;;
      tempurl) echo 'allowed_digests = sha1 sha256 sha512' ;;
    esac
  done
} >"$CONFIG/swift/proxy-server.conf"

for server in account container object proxy; do
  "swift-$server-server" "$CONFIG/swift/$server-server.conf" --verbose >"$LOGS/swift-$server.log" 2>&1 &
done
wait -n
tail --lines=5 "$LOGS"/swift-*.log
exit 1
