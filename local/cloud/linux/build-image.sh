#!/bin/bash
# build-image.sh FOLDER : a Debian 12 root file system with cloud-init and sshd, as a cloud's image would have them.
# Comes from the package sources that apt has on this host. Runs in a mount namespace of its own (base-image.ts), so
# that nothing stays mounted, however it ends.
set -euo pipefail
folder=$1
suite=bookworm

packages=systemd-sysv,dbus,udev,kmod,cloud-init,openssh-server,ifupdown,isc-dhcp-client,iproute2,iptables,nftables
packages+=,conntrack,ethtool,iputils-ping,netcat-openbsd,socat,tcpdump,curl,ca-certificates,python3,sudo,less,procps,psmisc

# shellcheck disable=SC2016 # apt's own variables
mapfile -t sources < <(
  apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    grep -E " $suite(-[a-z]+)? main\$" | sort -u
)
if [ "${#sources[@]}" = 0 ]; then
  echo "apt has no package source of Debian 12 ($suite) on this host" >&2
  exit 1
fi

# Without recommends: they treble it. Not debootstrap: it cannot resolve what cloud-init needs.
mmdebstrap --quiet --variant=minbase --include="$packages" \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  "$suite" "$folder" - < <(printf '%s\n' "${sources[@]}")

cat >"$folder/etc/cloud/cloud.cfg.d/90-local-cloud.cfg" <<'END'
datasource_list: [ConfigDrive]
locale: C.UTF-8
apt:
  preserve_sources_list: true
END

# The cloud's own address is link-local and lies behind every network; replies leave by the first interface.
cat >"$folder/etc/network/if-up.d/link-local" <<'END'
#!/bin/sh
case $IFACE in eth*) ip route add 169.254.0.0/16 dev "$IFACE" scope link 2>/dev/null || true ;; esac
END
chmod 755 "$folder/etc/network/if-up.d/link-local"

: >"$folder/etc/machine-id"
rm -f "$folder"/etc/ssh/ssh_host_* "$folder/etc/resolv.conf" "$folder/etc/hostname"
# Nothing to fetch, and nothing to trim.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
  ln -sf /dev/null "$folder/etc/systemd/system/$unit"
done
