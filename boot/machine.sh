# shellcheck shell=bash
# What a master and a minion do alike; sourced by masterStart.sh and minionStart.sh.
#
# Reads /etc/kubeup/machine.env (boot/user-data.ts writes it). KUBEUP_ROOT puts every path under another folder.
# The two URLs in it are secrets: they go to curl by its standard input, never onto a command line or into the log,
# and are not exported. boot/simulated-guest.ts does the same with the same words: change both.

root=${KUBEUP_ROOT:-}
# shellcheck source=/dev/null
. "$root/etc/kubeup/machine.env"

log=$root/var/log/kubeup-start.log
state_folder=$root/var/lib/kubeup
release=$root/opt/kubeup/release-${KUBEUP_RELEASE_SHA256:0:12}
reason=

# start_machine INSTALLER : the whole of a boot
start_machine() {
  local installer=$1
  trap 'reason=${reason:-"${BASH_SOURCE[0]##*/} line $LINENO ended with exit code $?"}' ERR
  trap finish EXIT
  # A reboot in the middle is no failure: kubeup-start.service goes on with it.
  trap 'trap - EXIT; exit 143' TERM

  say "$KUBEUP_NAME: $KUBEUP_ROLE $KUBEUP_INDEX of cluster $KUBEUP_CLUSTER"
  report booting
  install_units
  make_pod_network
  if is_installed; then
    say "release ${KUBEUP_RELEASE_SHA256:0:12} is installed already"
  else
    report downloading
    get_release "$installer"
    report installing
    install_release "$installer"
  fi
  report ready
}

say() { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*"; }

# fail REASON : ends the boot; the reason becomes the first line of the report
fail() {
  reason=$1
  exit 1
}

finish() {
  local status=$?
  trap - EXIT ERR
  [ "$status" != 0 ] || return 0
  say "failed: ${reason:=the start script ended with exit code $status}"
  report failed
  exit "$status"
}

redact() { sed -E "s/(temp_url_sig(=|%3[Dd]))[^&[:space:]\"'<>]*/\1REDACTED/g"; }

# report STATE : puts it into the machine's mailbox; a report that does not get through never fails the boot
report() {
  local state=$1 body code pause
  body=$(mktemp) || return 0
  report_body "$state" >"$body" || true
  for pause in 1 2 4 8 0; do
    code=$(with_url "$KUBEUP_REPORT_URL" --request PUT --max-time 30 --output /dev/null \
      --header "Content-Type: application/vnd.kubeup.report.$state" --data-binary "@$body") || true
    case $code in
    2*) say "reported $state" && break ;;
    401 | 403 | 404) say "report $state refused: HTTP $code" && break ;;
    esac
    say "report $state did not get through: HTTP ${code:-none}"
    sleep "$pause"
  done
  rm -f "$body"
}

# At most 8 KiB. The log is redacted before it is cut: a cut inside a URL would leave a bare half of its signature.
report_body() {
  if [ "$1" = failed ]; then
    printf '%s\n' "$reason" | tr -s '[:space:]' ' ' | redact | cut -c 1-500
    [ ! -f "$log" ] || redact <"$log" | tail -c 7600
  else
    printf '%s %s since %s\n' "$KUBEUP_NAME" "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  fi
}

# with_url URL CURL-OPTION... : prints the HTTP status; the URL reaches curl by its standard input only.
# curl's own messages are left out, for they may name the URL: its exit code tells enough.
with_url() {
  local url=$1
  shift
  url=${url//\\/\\\\}
  printf 'url = "%s"\n' "${url//\"/\\\"}" |
    curl --disable --silent --globoff --connect-timeout 20 --write-out '%{http_code}' "$@" --config -
}

is_installed() {
  [ "$(cat "$state_folder/installed" 2>/dev/null)" = "$KUBEUP_RELEASE_SHA256" ]
}

# get_release INSTALLER : leaves the checked release unpacked; an unpacked one is complete, for it was renamed last
get_release() {
  local installer=$1 tarball=$root/opt/kubeup/release.tar.gz
  if [ ! -d "$release" ]; then
    mkdir -p "$root/opt/kubeup"
    download "$tarball"
    check "$tarball"
    unpack "$tarball"
  fi
  [ -x "$release/$installer" ] || fail "release refused: no executable $installer in it"
}

size_of() {
  if [ -f "$1" ]; then wc -c <"$1"; else echo 0; fi
}

# download FILE : goes on where the last try ended; ten tries in a row without progress are too many
download() {
  local file=$1 before after code status tries=0
  while :; do
    before=$(size_of "$file")
    [ "$before" != "$KUBEUP_RELEASE_BYTES" ] || return 0
    status=0
    code=$(with_url "$KUBEUP_RELEASE_URL" --fail --speed-limit 1024 --speed-time 60 \
      --continue-at - --output "$file") || status=$?
    [ "$status" != 0 ] || return 0
    after=$(size_of "$file")
    say "release download: $after of $KUBEUP_RELEASE_BYTES bytes, HTTP ${code:-none}, curl exit code $status"
    case $code in
    # What is here does not fit what is there: begin again.
    416) rm -f "$file" ;;
    408 | 425 | 429) ;;
    4*) fail "release download failed: HTTP $code" ;;
    esac
    # 33: the server sends no ranges, 23: a full disk
    [ "$status" != 33 ] || rm -f "$file"
    [ "$status" != 23 ] || fail "release download failed: cannot write to disk"
    if [ "$after" -gt "$before" ]; then tries=0; fi
    tries=$((tries + 1))
    [ "$tries" -lt 10 ] || fail "release download failed: no complete answer in 10 tries"
    sleep $((tries < 5 ? 1 << (tries - 1) : 30))
  done
}

# check FILE : refuses, and removes, what is not the release that the cluster was asked to run
check() {
  local file=$1 bytes sum
  bytes=$(size_of "$file")
  if [ "$bytes" != "$KUBEUP_RELEASE_BYTES" ]; then
    rm -f "$file"
    fail "release refused: $bytes bytes, expected $KUBEUP_RELEASE_BYTES"
  fi
  sum=$(sha256sum "$file")
  sum=${sum%% *}
  if [ "$sum" != "$KUBEUP_RELEASE_SHA256" ]; then
    rm -f "$file"
    fail "release refused: sha256 $sum, expected $KUBEUP_RELEASE_SHA256"
  fi
}

unpack() {
  local file=$1
  rm -rf "$release.new"
  mkdir -p "$release.new"
  tar -xzf "$file" --no-same-owner -C "$release.new" || fail "release refused: not a gzip tar"
  mv "$release.new" "$release"
  rm -f "$file"
}

# install_release INSTALLER : the contract stands in release/pack.ts
install_release() {
  local installer=$1 name status=0
  for name in "${!KUBEUP_@}"; do
    case $name in *_URL) ;; *) export "${name?}" ;; esac
  done
  export KUBEUP_RELEASE_FOLDER=$release
  say "running $installer"
  (cd "$release" && exec "./$installer") </dev/null || status=$?
  # Its last line is its cause, by the contract.
  [ "$status" = 0 ] || fail "$installer ended with exit code $status: $(tail -n 1 "$log" 2>/dev/null || true)"
  mkdir -p "$state_folder"
  printf '%s\n' "$KUBEUP_RELEASE_SHA256" >"$state_folder/installed.new"
  mv "$state_folder/installed.new" "$state_folder/installed"
}

# make_pod_network : now; at later boots kubeup-network.service does it
make_pod_network() {
  "$root/usr/local/lib/kubeup/pod-network.sh" || fail "the pod network could not be made"
  # shellcheck source=/dev/null
  . "$root/run/kubeup/network.env"
  if [ "$KUBEUP_ROLE" = minion ]; then
    mkdir -p "$root/etc/salt"
    printf 'minion_ip: %s\n' "$KUBEUP_CLOUD_ADDRESS" >"$root/etc/salt/grains"
  fi
}

install_units() {
  local units=$root/etc/systemd/system
  mkdir -p "$units"
  cat >"$units/kubeup-network.service" <<'END'
[Unit]
Description=kubeup: this machine's part of the pod network
Wants=network-online.target
After=network-online.target
Before=containerd.service docker.service kubelet.service kube-proxy.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/kubeup/pod-network.sh

[Install]
WantedBy=multi-user.target
END
  cat >"$units/kubeup-start.service" <<END
[Unit]
Description=kubeup: the start script, again at each boot
Wants=network-online.target
After=network-online.target kubeup-network.service

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=0
ExecStart=/bin/bash -c 'exec /root/${KUBEUP_ROLE}Start.sh >>/var/log/kubeup-start.log 2>&1'

[Install]
WantedBy=multi-user.target
END
  if [ -d "$root/run/systemd/system" ]; then
    systemctl daemon-reload
    # Enabled only: this run is the first boot's.
    systemctl enable --quiet kubeup-network.service kubeup-start.service
  else
    say "no systemd here: nothing will run again after a reboot"
  fi
}
