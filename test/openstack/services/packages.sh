#!/usr/bin/env bash
# Installs what is missing of the Debian packages that the cloud and its clients are made of. Starts none of their services.
set -euo pipefail

packages=(
  mariadb-server memcached rabbitmq-server uwsgi-core uwsgi-plugin-python3 python3-pymysql python3-memcache
  python3-keystone python3-keystonemiddleware
  swift swift-proxy swift-account swift-container swift-object
  python3-glance glance-common python3-placement placement-common
  python3-neutron neutron-common python3-nova nova-common
  python3-openstackclient python3-swiftclient python3-novaclient
  curl iproute2 util-linux
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null || true)
  [[ $status == 'install ok installed' ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then exit 0; fi

echo "installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
# Debian's own switch against starting what is installed (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
apt-get -o DPkg::Lock::Timeout=900 -qq update
apt-get -o DPkg::Lock::Timeout=900 -qq install -y --no-install-recommends "${missing[@]}"
