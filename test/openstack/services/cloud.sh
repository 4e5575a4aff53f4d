#!/usr/bin/env bash
# The first process of the cloud's pid namespace: starts every service and the seeding, all at once, for each waits by
# itself for what it needs. When one ends, or this one does, the kernel ends them all.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

mkdir -p "$CONFIG/swift" "$DATA" "$LOGS"
# Swift's servers read /etc/swift/swift.conf whatever their own configuration says. The mount is this namespace's only.
mkdir -p /etc/swift
mount --bind "$CONFIG/swift" /etc/swift

# A session each: the kernel may share the processors out by sessions (sched(7), autogroup).
declare -A names
for name in mariadb memcached rabbitmq keystone keystone-v2 swift glance placement neutron nova seed; do
  setsid "$SERVICES/$name.sh" >"$LOGS/$name.log" 2>&1 </dev/null &
  names[$!]=$name
done

while true; do
  code=0
  wait -n -p ended || code=$?
  name=${names[$ended]}
  if [[ $name != seed || $code -ne 0 ]]; then
    say "$name ended with $code; the end of $LOGS/$name.log:"
    tail -n 25 "$LOGS/$name.log"
    exit 1
  fi
  say 'ready'
  touch "$OPENSTACK_DIR/ready"
done
