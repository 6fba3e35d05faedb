#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets lost at 1,000 a second, each a new connection, over ten flushes and ten Docker restarts:
# with the boot script, with a 5-second poll as flannel has it, with fwd-guard, and with fwd-guard on
# a host whose RCU grace periods are expedited. Prints the table of tests/e2e/README.md. Exit status:
# 0 the last is within the bounds, 1 it is not, 77 it cannot be tried here.
set -uo pipefail

# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/load.sh"

LAB_ROOT=debian13 LAB_VARIANT=vxlan LAB_RESULTS=$LAB_SOURCE/build/e2e/measure LAB_FAILED=0
LAB_TOOLS=${FWDGUARD_LAB_TOOLS:-$LAB_SOURCE/build/release/tests/e2e/tools}
LAB_DAEMON=${FWDGUARD_LAB_DAEMON:-$LAB_SOURCE/build/release/daemon/fwd-guard}
EVENTS=10
AFTER=6 # seconds of traffic after an event: longer than the poll's period
only_flushes=false

while [ $# -gt 0 ]; do
    case $1 in
    --root | --flushes) [ $# -ge 2 ] || usage_error "$1 wants a value" ;;&
    --root) LAB_ROOT=$2 && shift ;;
    --flushes) EVENTS=$2 only_flushes=true && shift ;;
    --real-time) LAB_SENDER=(chrt -f 1) ;;
    --help | -h)
        cat <<TEXT
usage: sudo tests/e2e/measure.sh [OPTION...]
  --root ROOT   ${LAB_ROOTS[*]} (default debian13)
  --flushes N   only N flushes, with fwd-guard only
  --real-time   who sends and counts has SCHED_FIFO, so that no packet is sent late
TEXT
        exit 0
        ;;
    *) usage_error "unknown option $1" ;;
    esac
    shift
done
[[ " ${LAB_ROOTS[*]} " == *" $LAB_ROOT "* ]] || usage_error "no such root: $LAB_ROOT"
[[ $EVENTS =~ ^[1-9][0-9]*$ ]] || usage_error "no such number of flushes: $EVENTS"

poll_start() {
    on "$1" systemd-run -q --unit=poll sh -c "while sleep 5; do
        iptables -w -C FORWARD ${LAB_FROM[*]} 2>/dev/null || iptables -w -I FORWARD ${LAB_FROM[*]}
        iptables -w -C FORWARD ${LAB_TO[*]} 2>/dev/null || iptables -w -I FORWARD ${LAB_TO[*]}
    done"
}
poll_stop() { on "$1" systemctl stop poll; }

node_flush() { on "$1" iptables -w -F FORWARD; }

# measure NAME EVENT AGAIN: windows of traffic, one an event, on the one node and the other by
# turns. AGAIN is done before each of them and not counted.
measure() {
    local i
    traffic_start 1000
    for ((i = 1; i <= EVENTS; ++i)); do
        traffic_mark between
        each "$3"
        # A poll must not be met at the same point of its period each time.
        sleep "0.$((RANDOM % 10))"
        traffic_mark "$i"
        "$2" $((i % 2 + 1))
        sleep "$AFTER"
    done
    traffic_stop
    cp "$LAB_RUN/traffic.out" "$LAB_RESULTS/$1.txt"
    sed -i '/^start /d; /^between /d' "$LAB_RUN/traffic.out"
}

# What each window lost, the least first.
losses() { sed 's/.* lost=\([0-9]*\).*/\1/' "$LAB_RUN/traffic.out" | sort -n; }

# Median and worst of the windows, and the sum.
measured() {
    losses |
        awk -v sent="$(traffic_field sent)" '{ lost[NR] = $1; sum += $1 }
            END { printf "%g | %d | %d of %d", (lost[int((NR + 1) / 2)] + lost[int(NR / 2) + 1]) / 2, lost[NR], sum, sent }'
}

row() { printf '| %s | %s | %s |\n' "$1" "$2" "$3" | tee -a "$LAB_RESULTS/table.md"; }

contender() { # contender NAME AGAIN
    local flushes
    each node_fresh
    [ "$2" != : ] || await 5 each_in_place || die "fwd-guard's rules are not in place"
    each "$2"
    say "$1: $EVENTS flushes"
    measure "$1, flushes" node_flush "$2"
    flushes=$(measured)
    say "$1: $EVENTS restarts of Docker"
    measure "$1, restarts" docker_restart "$2"
    row "$1" "$flushes" "$(measured)"
}

boot_script_again() {
    on "$1" iptables -w -C FORWARD "${LAB_TO[@]}" 2>/dev/null || boot_script_run "$1"
}

# only_flushes_judged: false if they lost more than they may.
only_flushes_judged() {
    each guard_install
    each node_fresh
    await 5 each_in_place || die "fwd-guard's rules are not in place"
    say "fwd-guard: $EVENTS flushes"
    measure "fwd-guard, $EVENTS flushes" node_flush :
    echo "$LAB_TITLE, fwd-guard, median | worst | in all: $(measured); each: $(losses | paste -sd' ')" |
        tee "$LAB_RESULTS/flushes.txt"
    measured | awk -F '|' '{ exit !($1 == 0 && $2 <= 2) }'
}

lab_need_means
root_need "$LAB_ROOT"
lab_begin
package_need "$LAB_ROOT"
lab_boot
if $only_flushes; then
    only_flushes_judged || die "fwd-guard loses more than it may"
    exit 0
fi
{
    echo "| $LAB_TITLE | flush: median lost | worst | in all | restart: median lost | worst | in all |"
    echo "|---|---|---|---|---|---|---|"
} | tee "$LAB_RESULTS/table.md"
contender "boot script" boot_script_again
each poll_start
contender "5-second poll" boot_script_again
each poll_stop
each node_fresh
each guard_install
contender "fwd-guard" :
lab_expedite_rcu
contender "fwd-guard, rcu_expedited" :
if tail -n 1 "$LAB_RESULTS/table.md" | awk -F '|' '{ exit !($3 == 0 && $4 <= 2 && $6 == 0 && $7 <= 2) }'; then
    good "within the bounds: median 0, at most 2 an event"
else
    die "fwd-guard loses more than it may"
fi
