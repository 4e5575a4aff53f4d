#!/usr/bin/env bash
# Checks docker-compose.yml as `docker compose config` does; where there is none, with Debian's docker-compose.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if docker compose version >/dev/null 2>&1; then
  exec docker compose --file docker-compose.yml config --quiet
fi
if ! command -v docker-compose >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo 'needs docker compose; or root on Debian, to install docker-compose' >&2
    exit 1
  fi
  apt-get -o DPkg::Lock::Timeout=900 update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=900 install -qy --no-install-recommends docker-compose >/dev/null
fi
exec docker-compose --file docker-compose.yml config --quiet
