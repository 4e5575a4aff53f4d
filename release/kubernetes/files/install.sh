# shellcheck shell=bash
# What the installers do alike; sourced by install-master and install-minion.
# A failure's last line of output is its cause: it travels in the machine's report.

: "${KUBEUP_DEADLINE:=$(($(date +%s) + 900))}"
kubernetes=/opt/kubeup/kubernetes # the release that runs here; units and configuration name it
pki=/etc/kubernetes/pki
# shellcheck disable=SC2034 # for the installers
bin=$kubernetes/bin

say() { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*"; }

# To standard error: it may be called where the output is taken for something else.
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# seconds_left : until this machine is given up, less what a report needs
seconds_left() { echo $((KUBEUP_DEADLINE - 20 - $(date +%s))); }

# check_machine : refuses what would fail later without saying why
check_machine() {
  local arch machine
  arch=$(sed -n 's/^  "arch": "\(.*\)",$/\1/p' manifest.json)
  machine=$(uname -m)
  case $machine in
  x86_64) machine=amd64 ;;
  aarch64) machine=arm64 ;;
  esac
  [ "$arch" = "$machine" ] || fail "the release is for $arch, this machine is $machine"
  [ -d /run/systemd/system ] || fail "the release needs systemd, and this machine does not run it"
  [ -s /etc/kubeup/pki/ca.crt ] || fail "this machine was not given the cluster's CA certificate"
  command -v nft >/dev/null || fail "this machine lacks nft (package nftables), which kube-proxy needs"
}

# place_release : the folders that hold state stay; links and units follow the release
place_release() {
  mkdir -p $pki /etc/kubernetes/manifests /usr/local/bin
  ln -sfn "$KUBEUP_RELEASE_FOLDER" $kubernetes
  ln -sfn $bin/kubectl /usr/local/bin/kubectl
  install -m 0644 /etc/kubeup/pki/ca.crt $pki/ca.crt
  # For the units: what the machine is and where its things are.
  {
    set | grep -E '^KUBEUP_[A-Z_]+=' | grep -v _URL=
    echo "PATH=$bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  } >/etc/kubernetes/machine.env
}

# place_units UNIT... : and has systemd know them
place_units() {
  local unit
  for unit; do install -m 0644 "units/$unit.service" /etc/systemd/system/; done
  systemctl daemon-reload
}

# start_unit UNIT : now and at each boot; a failure shows the end of its log
start_unit() {
  systemctl enable --quiet "$1"
  systemctl restart "$1" || show_failure "$1" "did not start"
}

# show_failure UNIT WHAT : the cause is in the unit's own words; systemd's say no more than that it failed
show_failure() {
  journalctl --unit "$1" --boot --lines 30 --no-pager --output cat || true
  fail "$1 $2: $(journalctl _SYSTEMD_UNIT="$1.service" --boot --lines 200 --no-pager --output cat |
    grep -Ei 'error|fail|fatal|panic|refus|invalid|cannot|unable' | tail -n 1 | cut -c 1-400)"
}

# fill TEMPLATE : with @NAME@ replaced by the variables of that name, KUBEUP_NAME or NAME
fill() {
  local text name
  text=$(<"$1")
  while read -r name; do
    local variable=KUBEUP_$name
    [ -n "${!variable+set}" ] || variable=$name
    [ -n "${!variable+set}" ] || fail "$1: nothing to put for @$name@"
    text=${text//"@$name@"/"${!variable}"}
  done < <(grep -oE '@[A-Z_]+@' "$1" | tr -d @ | sort -u)
  printf '%s\n' "$text"
}
