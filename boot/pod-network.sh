#!/bin/bash
# This machine's part of the pod network, made at every boot; a second run changes nothing.
#
# cbr0 holds the machine's own pods; vxlan42, one of its ports, joins all machines' bridges over the cloud network.
# vxlan because a cloud network drops frames whose source MAC or address is not the port's own. All pod ranges lie
# behind cbr0, so one route is enough, and machines that come or go change nothing here.
#
# Leaves what it found in /run/kubeup/network.env, for the start script and the release's installer.
set -euo pipefail
root=${KUBEUP_ROOT:-}
# shellcheck source=/dev/null
. "$root/etc/kubeup/machine.env"

# "INTERFACE ADDRESS" of the cloud network, by the address inside its range; else eth2, as at Rackspace.
find_cloud_interface() {
  local found
  found=$(ip -o -4 addr show to "$KUBEUP_CLOUD_NETWORK" scope global |
    awk '{ split($4, address, "/"); print $2, address[1]; exit }')
  if [ -z "$found" ]; then
    found=$(ip -o -4 addr show dev eth2 scope global 2>/dev/null |
      awk '{ split($4, address, "/"); print $2, address[1]; exit }') || true
  fi
  printf '%s' "$found"
}

# DHCP may still be at work although the system calls itself online.
found=
for ((try = 0; try < 60; try++)); do
  found=$(find_cloud_interface)
  [ -z "$found" ] || break
  sleep 1
done
if [ -z "$found" ]; then
  echo "no interface has an address in the cloud network $KUBEUP_CLOUD_NETWORK, and there is no eth2" >&2
  exit 1
fi
read -r interface address <<<"$found"

# vxlan adds 50 bytes to each frame; pods get 1450 at most, less where the cloud network itself is a tunnel.
[[ $(ip -o link show dev "$interface") =~ \ mtu\ ([0-9]+) ]]
mtu=$((BASH_REMATCH[1] - 50))
[ "$mtu" -le 1450 ] || mtu=1450

IFS=. read -r a b c d <<<"${KUBEUP_POD_RANGE%/*}"
gateway=$a.$b.$c.$((d + 1))
# A MAC of its own: else a bridge takes its lowest port's, and changes it with the pods that come and go.
mac=$(printf '0a:58:%02x:%02x:%02x:%02x' "$a" "$b" "$c" "$((d + 1))")

# Without send_redirects=0 pods cache shortcuts that the cloud network drops.
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0

ip link show cbr0 >/dev/null 2>&1 || ip link add cbr0 type bridge
ip link set cbr0 address "$mac"
ip addr replace "$gateway/${KUBEUP_POD_RANGE#*/}" dev cbr0
ip link show vxlan42 >/dev/null 2>&1 ||
  ip link add vxlan42 type vxlan id 42 group 239.0.0.42 dev "$interface" dstport 4789
ip link set vxlan42 mtu "$mtu"
ip link set vxlan42 master cbr0 up
ip link set cbr0 mtu "$mtu" up
sysctl -qw net.ipv4.conf.cbr0.send_redirects=0
ip route replace "$KUBEUP_POD_NETWORK" dev cbr0

# Pods are kept from the metadata service: it tells whoever asks this machine's user-data.
if [ -z "$(ip rule show iif cbr0 to 169.254.169.254)" ]; then
  ip rule add iif cbr0 to 169.254.169.254 prohibit
fi

mkdir -p "$root/run/kubeup"
cat >"$root/run/kubeup/network.env" <<END
KUBEUP_CLOUD_INTERFACE=$interface
KUBEUP_CLOUD_ADDRESS=$address
KUBEUP_POD_GATEWAY=$gateway
KUBEUP_POD_MTU=$mtu
END
echo "pod network: cbr0 $gateway/${KUBEUP_POD_RANGE#*/} mtu $mtu, vxlan42 over $interface ($address)"
