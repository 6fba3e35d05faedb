#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The figures for legacy tables, in network namespaces of their own: repair over the audit stream, by
# fwd-guard and by the floor, and by polling alone; repair of what real commands do without audit, the
# cost of polling, and a table of 20,000 rules. Switches the kernel's audit on for the first, and back.
# Usage: legacy.sh [FLUSHES [COMMANDS [SECONDS_OF_POLLING]]]
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
flushes=${1:-300} commands=${2:-300} seconds=${3:-30}
build=$top/build/release
guard=

if [ "${FWDGUARD_INSIDE:-}" != 1 ]; then
    cd "$top"
    cmake --preset release >/dev/null
    cmake --build --preset release --target fwd-guard xtables_bench >/dev/null
    echo "flush to repair, the floor (blind re-insert) and ours in turns"
    "$build/tests/netns/legacy/xtables_bench" "$flushes"
    FWDGUARD_INSIDE=1 exec unshare -n "${BASH_SOURCE[0]}" "$@"
fi

scratch=$(mktemp -d)
trap '[ -z "$guard" ] || kill "$guard" 2>/dev/null; rm -rf "$scratch"' EXIT
export XTABLES_LOCKFILE=$scratch/lock RUNTIME_DIRECTORY=$scratch
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent

# rules N: a filter table of N foreign rules.
rules()
{
    {
        echo '*filter'
        for ((i = 0; i < $1; ++i)); do
            echo "-A FORWARD -s 10.$((i / 65536)).$((i / 256 % 256)).$((i % 256)) -j DROP"
        done
        echo COMMIT
    } | iptables-legacy-restore
}

start_guard()
{
    echo '{"backend":"legacy","legacy":{"watch":"poll"},
        "pacing":{"burst":1000000,"window":"1s","max_delay":"10ms"},
        "rules":[{"id":"r","family":"ip","table":"filter","chain":"FORWARD",
                  "match":{"out_interface":"eth7"},"verdict":"accept"}]}' >"$scratch/c.json"
    : >"$scratch/log"
    # Scheduled as by the unit: Nice=, and CPUWeight= by a session and so a group of its own.
    setsid nice -n -20 "$build/daemon/fwd-guard" --config "$scratch/c.json" 2>"$scratch/log" &
    guard=$!
    for ((i = 0; i < 200; ++i)); do
        if grep -q 'guards 1 rule' "$scratch/log"; then
            [ ! -w "/proc/$guard/autogroup" ] || echo -20 >"/proc/$guard/autogroup"
            return
        fi
        sleep 0.05
    done
    cat "$scratch/log"
    return 1
}

stop_guard()
{
    kill "$guard"
    wait "$guard" || true
    guard=
}

# The daemon's own measure of each repair, in microseconds.
exposures()
{
    sed -n 's/.*deleted from .* after \([0-9.]*\) \(us\|ms\|s\)$/\1 \2/p' "$scratch/log" |
        awk '{ print $1 * ($2 == "s" ? 1e6 : $2 == "ms" ? 1e3 : 1) }' | sort -n
}

rules 0
start_guard
for ((i = 0; i < commands; ++i)); do
    iptables-legacy -w -F FORWARD
    sleep 0.01
done
exposures | awk -v wanted="$commands" '{ t[NR] = $1 } END {
    printf "iptables-legacy -F FORWARD without audit, by the lock, heard to acked: %d of %d, ", NR, wanted
    printf "p50 %.1f us, p99 %.1f us, max %.1f us\n", t[int((NR + 1) / 2)], t[int(NR * 0.99 + 0.5)], t[NR] }'
stop_guard

rules 5000
start_guard
sleep 2
before=$(cut -d' ' -f1 "/proc/$guard/schedstat")
sleep "$seconds"
after=$(cut -d' ' -f1 "/proc/$guard/schedstat")
awk -v spent="$((after - before))" -v seconds="$seconds" 'BEGIN {
    printf "polling 5,000 rules every second: %.2f %% of one CPU\n", spent / seconds / 1e7 }'
stop_guard

rules 20000
iptables-legacy-save | grep -v '^#' >"$scratch/before"
start_guard
iptables-legacy -w -D FORWARD 1
for ((i = 0; i < 100; ++i)); do
    exposures | grep -q . && break
    sleep 0.05
done
iptables-legacy-save | grep -v -e '^#' -e fwd-guard:r >"$scratch/after"
lost=$(diff "$scratch/before" "$scratch/after" | grep -c '^[<>]' || true)
iptables-legacy -S FORWARD 1 | grep -q fwd-guard:r
echo "20,000 rules: repaired in $(exposures | head -n 1) us, foreign rules lost or moved: $lost"
stop_guard
