# Sourced by every script here: where things are, and how the services reach one another. The harness sets
# OPENSTACK_DIR, OPENSTACK_REGION, OPENSTACK_PASSWORD, OPENSTACK_API_KEY and one *_PORT for each port.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
umask 022

SERVICES=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
CONFIG=$OPENSTACK_DIR/config DATA=$OPENSTACK_DIR/data LOGS=$OPENSTACK_DIR/logs
HOST=127.0.0.1
# What Nova and Neutron call this machine.
NODE=loopback
IDENTITY=http://$HOST:$KEYSTONE_PORT
MESSAGES=rabbit://guest:guest@$HOST:$RABBITMQ_PORT/
DATABASE_SOCKET=$OPENSTACK_DIR/mariadb.sock

say() { printf '[%3ds] %s\n' $(($(date +%s) - OPENSTACK_STARTED)) "$*"; }

sql() { mariadb --no-defaults --user=root --socket="$DATABASE_SOCKET" --skip-column-names --execute "$1"; }
database_url() { echo "mysql+pymysql://root@localhost/$1?unix_socket=$DATABASE_SOCKET&charset=utf8"; }
# A database section for the service's configuration.
database_section() {
  printf '[%s]\nconnection = %s\nmax_pool_size = 10\nmax_overflow = 20\n' "${2:-database}" "$(database_url "$1")"
}
await_database() {
  await mariadb sql 'SELECT 1'
  sql "CREATE DATABASE IF NOT EXISTS $1 CHARACTER SET utf8mb3"
}

# await WHAT COMMAND... : until the command succeeds. Whatever never comes ends with its own script, and that ends all.
await() {
  local what=$1
  shift
  until "$@" >/dev/null 2>&1; do sleep 0.2; done
  say "$what is there"
}
# Whether the service at this URL answers, whatever it says.
answers() {
  local code
  code=$(curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$1")
  [[ $code != 000 && $code -lt 500 ]]
}

# How the account of one service logs in.
service_login() {
  cat <<EOF
auth_type = password
auth_url = $IDENTITY
username = $1
password = $OPENSTACK_PASSWORD
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = $OPENSTACK_REGION
EOF
}
# How a service checks the tokens that it is shown.
token_check() {
  cat <<EOF
www_authenticate_uri = $IDENTITY/v3
memcached_servers = $HOST:$MEMCACHED_PORT
service_token_roles_required = true
service_token_roles = admin
$(service_login "$1")
EOF
}

# wsgi NAME PORT FILE PROCESSES THREADS : becomes a uwsgi server.
wsgi() {
  exec uwsgi --plugin python3 --http-socket "$HOST:$2" --wsgi-file "$3" --procname "$1" --master --need-app \
    --enable-threads --lazy-apps --processes "$4" --threads "$5" --buffer-size 65535 --disable-logging \
    --add-header 'Connection: close'
}
# Runs a package's entry point as the program of that name; Debian ships some only inside init scripts.
entry_point() {
  local name=$1 module=$2
  shift 2
  exec python3 -c "import sys; sys.argv[0] = '$name'; from $module import main; sys.exit(main())" "$@"
}
# The path of a file that a Debian package ships.
shipped() { dpkg --listfiles "$1" | grep --max-count=1 "/share/.*$2\$"; }
