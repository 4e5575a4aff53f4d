#!/usr/bin/env bash
# Memcached: Keystone's and Swift's caches, and the tokens that services have seen.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

exec memcached -u root -l "$HOST" -p "$MEMCACHED_PORT" -U 0 -m 64
