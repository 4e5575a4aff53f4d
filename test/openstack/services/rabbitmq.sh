#!/usr/bin/env bash
# RabbitMQ: the messages inside Nova and Neutron. Erlang's port mapper listens on a port of this cloud's own, so that
# another RabbitMQ on the machine is not met.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/settings.sh"

mkdir -p "$DATA/rabbitmq"
echo '[].' >"$CONFIG/rabbitmq-plugins"
cat >"$CONFIG/rabbitmq.conf" <<EOF
listeners.tcp.1 = $HOST:$RABBITMQ_PORT
log.console.level = warning
vm_memory_high_watermark.absolute = 1GB
EOF
export HOME=$DATA/rabbitmq
export RABBITMQ_NODENAME=kubeup@localhost RABBITMQ_MNESIA_BASE=$DATA/rabbitmq/mnesia
export RABBITMQ_CONFIG_FILE=$CONFIG/rabbitmq RABBITMQ_ENABLED_PLUGINS_FILE=$CONFIG/rabbitmq-plugins
export RABBITMQ_LOG_BASE=$LOGS RABBITMQ_LOGS=-
export RABBITMQ_NODE_IP_ADDRESS=$HOST RABBITMQ_NODE_PORT=$RABBITMQ_PORT RABBITMQ_DIST_PORT
export ERL_EPMD_ADDRESS=$HOST ERL_EPMD_PORT=$EPMD_PORT
# Distribution on loopback only, and no spinning of idle schedulers.
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none'
# The script in the PATH insists on the user rabbitmq; the one that it runs does not.
exec "$(dpkg --listfiles rabbitmq-server | grep --max-count=1 '/lib/.*/bin/rabbitmq-server$')"
