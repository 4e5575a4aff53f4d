#!/usr/bin/env bash
# MariaDB on a unix socket: the database of every service but Swift.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

mariadb-install-db --no-defaults --user=root --datadir="$DATA/mariadb" --auth-root-authentication-method=normal \
  --skip-test-db >/dev/null
exec mariadbd --no-defaults --user=root --datadir="$DATA/mariadb" --socket="$DATABASE_SOCKET" --skip-networking \
  --pid-file="$DATA/mariadb.pid" --max-connections=800 --innodb-buffer-pool-size=192M \
  --innodb-flush-log-at-trx-commit=0 --skip-log-bin --performance-schema=off --character-set-server=utf8mb3
