#!/usr/bin/env bash
# Installs and compiles what is missing or stale; does nothing, fast, when nothing is.
# Says what it does on stderr; stdout stays untouched.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd -- "$root"

say() { printf 'kubeup: %s\n' "$*" >&2; }

require_tools() {
  local version major minor
  if ! version=$(node --version 2>/dev/null); then
    say 'needs Node.js 20.3 or newer, and no node is on the PATH. Install it, then try again.'
    exit 2
  fi
  IFS=. read -r major minor _ <<<"${version#v}"
  if ((major < 20 || (major == 20 && minor < 3))); then
    say "needs Node.js 20.3 or newer; $(command -v node) is $version. Install a newer one, then try again."
    exit 2
  fi
}

# The stamp holds the lock file's checksum. Without one, what is installed is compared with the lock
# file, so that an installation made by hand is not thrown away.
installed() {
  local stamp=node_modules/.kubeup-installed sum
  [[ -d node_modules ]] || return 1
  sum=$(cksum <package-lock.json)
  [[ -f $stamp && $(<"$stamp") == "$sum" ]] && return 0
  node scripts/installed.mjs || return 1
  printf '%s\n' "$sum" >"$stamp"
}

compiled() {
  [[ -f dist/.built ]] || return 1
  [[ -z $(find . \( -name node_modules -o -name dist -o -name .git -o -path '*/test' \) -prune -o \
    \( -name '*.ts' -o -name 'tsconfig*.json' -o -name package.json \) -newer dist/.built -print) ]]
}

install_packages() {
  if ! command -v npm >/dev/null; then
    say 'needs npm, which comes with Node.js, and there is none on the PATH.'
    exit 2
  fi
  say 'installing packages (only when they change)'
  # No package here needs an install script: all bring their compiled parts. What is there is brought
  # up to the lock file in place, so that a running worker keeps its modules.
  local how=(install --no-save)
  [[ -d node_modules ]] || how=(ci)
  npm "${how[@]}" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cksum <package-lock.json >node_modules/.kubeup-installed
}

# What changes while it is being compiled is compiled again next time: the stamp is as old as the start.
compile() {
  say 'compiling (only when the sources change)'
  mkdir -p dist
  : >dist/.building
  npm run --silent build >&2
  mv dist/.building dist/.built
}

# Two at once: the second waits, and finds the work done. A lock whose owner was killed is taken over.
lock=.kubeup-prepare
take_lock() {
  local owner said=
  until ln -s "$$" "$lock" 2>/dev/null; do
    owner=$(readlink "$lock" || true)
    if [[ -n $owner ]] && ! kill -0 "$owner" 2>/dev/null; then
      # Renaming lets one of several waiters win.
      mv "$lock" "$lock.$owner" 2>/dev/null && rm -f "$lock.$owner"
    else
      [[ $said ]] || say "waiting for process $owner, which is at it (if it is not: rm $root/$lock)"
      said=yes
      sleep 0.2
    fi
  done
  trap 'rm -f "$lock"' EXIT
}

require_tools
if installed && compiled; then exit 0; fi
take_lock
installed || install_packages
compiled || compile
