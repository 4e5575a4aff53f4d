#!/bin/bash
# boot-machine.sh : runs one machine until it powers off; its console is this program's output.
#
# Everything is in the environment (linux-driver.ts): FOLDER of the machine, IMAGE, HOST_NAME, NETWORK (its network
# namespace), CGROUP (its folder under the root of cgroup2), V1_CGROUPS (its folders in the old hierarchies).
set -euo pipefail
: "${FOLDER:?}" "${IMAGE:?}" "${HOST_NAME:?}" "${NETWORK:?}" "${CGROUP:?}" "${CGROUP2_MOUNT:?}"

if [ "${1:-}" != inside ]; then
  for folder in $V1_CGROUPS; do echo $$ >"$folder/cgroup.procs"; done
  echo $$ >"$CGROUP2_MOUNT/$CGROUP/launcher/cgroup.procs"
  # What is mounted from here on is gone with the machine's last process, however that ends.
  exec unshare --mount --propagation private -- "$0" inside
fi

# One pure cgroup2, whatever the host's layout: systemd in the machine takes no other.
while umount -R /sys/fs/cgroup 2>/dev/null; do :; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup

cd "$FOLDER"
mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=upper,workdir=work" root
mkdir -p root/var/lib/cloud/seed

# During a rescue the machine's own disk is there to be mended.
rescued=()
if [ -d own-disk/upper ]; then
  mkdir -p own-disk/root
  mount -t overlay overlay -o "lowerdir=$IMAGE,upperdir=own-disk/upper,workdir=own-disk/work" own-disk/root
  rescued=(--bind="$FOLDER/own-disk/root:/mnt")
fi

machine() {
  # No process may be left beside the groups that the machine's supervisor makes.
  echo "$BASHPID" >"/sys/fs/cgroup/$CGROUP/machine/cgroup.procs"
  # Entered before nspawn: with its own option nspawn shows the machine the host's sysfs, and cloud-init finds no
  # interface. The keyring is for container runtimes, /dev/kmsg for the kubelet, and what they keep must not lie on
  # an overlay.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE=network exec nsenter --net="/run/netns/$NETWORK" \
    systemd-nspawn --quiet --directory=root --machine="$HOST_NAME" --boot --register=no --keep-unit \
    --capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_SYSLOG --system-call-filter='@keyring bpf' \
    --bind-ro="$FOLDER/config-drive:/var/lib/cloud/seed/config_drive" \
    --bind="$FOLDER/containerd:/var/lib/containerd" --bind="$FOLDER/kubelet:/var/lib/kubelet" \
    --bind=/dev/kmsg "${rescued[@]}" --resolv-conf=off --timezone=off --link-journal=no \
    --console=read-only --kill-signal=SIGRTMIN+3
}

# 133: it wants to boot again. Whoever starts it gives it interfaces anew, as a real machine has after a reboot.
rm -f exit-code
status=0
(machine) || status=$?
echo "$status" >exit-code
