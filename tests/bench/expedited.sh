#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How many repairs of what `iptables -F FORWARD` did on another processor take more than a millisecond:
# with RCU grace periods of ordinary length, and with expedited ones. They are a setting of the host,
# /sys/kernel/rcu_expedited, which is changed for the time of it. In a network namespace of its own.
# Usage: expedited.sh [COMMANDS]
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
commands=${1:-200} setting=/sys/kernel/rcu_expedited guard=''
daemon=${FWDGUARD_DAEMON:-$top/build/release/daemon/fwd-guard}

if [ "${FWDGUARD_INSIDE:-}" != 1 ]; then
    [ "$(nproc)" -gt 1 ] || { echo "expedited.sh: needs two processors" >&2; exit 77; }
    if [ -z "${FWDGUARD_DAEMON:-}" ]; then
        cd "$top"
        cmake --preset release >/dev/null
        cmake --build --preset release --target fwd-guard >/dev/null
    fi
    FWDGUARD_INSIDE=1 exec unshare -n "${BASH_SOURCE[0]}" "$@"
fi

scratch=$(mktemp -d)
before=$(cat $setting)
trap 'echo "$before" >$setting; [ -z "$guard" ] || kill "$guard" 2>/dev/null; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
export RUNTIME_DIRECTORY=$scratch STATE_DIRECTORY=$scratch DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent

repaired() { [ "$(grep -c 'to-docker0: deleted from' "$scratch/log")" -ge "$1" ]; }

# repairs: what the daemon says of each, in microseconds.
repairs()
{
    sed -n 's/.*to-docker0: deleted from .* after \([0-9.]*\) \([um]\?s\)$/\1 \2/p' "$scratch/log" |
        awk '{ print $1 * ($2 == "us" ? 1 : $2 == "ms" ? 1000 : 1000000) }' | sort -g
}

measure()
{
    local i
    echo "$1" >$setting
    # Scheduled as by the unit: Nice=, and CPUWeight= by a session and so a group of its own.
    setsid nice -n -20 taskset -c 1 "$daemon" --config "$top/tests/bench/bench.json" 2>"$scratch/log" &
    guard=$!
    until iptables -w -S FORWARD | grep -q fwd-guard:to-docker0; do kill -0 "$guard" && sleep 0.01; done
    # No other command meanwhile: the daemon is awake for each.
    for ((i = 1; i <= commands; ++i)); do
        sleep 0.05
        taskset -c 0 iptables -w -F FORWARD
        until repaired "$i"; do kill -0 "$guard" && sleep 0.01; done
    done
    kill "$guard"
    wait "$guard"
    guard=''
    repairs | awk -v expedited="$1" '
        { us[NR] = $1; late += $1 > 1000 }
        END {
            if (NR == 0) { print "the log tells of no repair"; exit 1 }
            printf "rcu_expedited %d: %d of %d repairs took more than a millisecond; p50 %.0f us, p99 %.0f us, max %.0f us\n",
                expedited, late, NR, us[int((NR + 1) / 2)], us[int((99 * NR + 99) / 100)], us[NR]
        }'
}

iptables -w -A FORWARD -i foreign0 -j ACCEPT # the chain is there before the daemon is
measure 0
measure 1
