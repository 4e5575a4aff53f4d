#!/bin/bash
# What a minion does at its first boot (cloud-init's runcmd) and at each later one (kubeup-start.service).
set -Eeuo pipefail
# shellcheck source=boot/machine.sh
. "${KUBEUP_ROOT:-}/usr/local/lib/kubeup/machine.sh"
start_machine install-minion
