#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A lab that is interrupted by Ctrl-C in the middle of a scenario leaves nothing on the host, and in its results
# the journals and rulesets of the machines. Exit status: 0 it is so, 1 not, 77 it cannot be tried here.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
. lib/say.sh
[ "${E2E:-}" != none ] || skip "E2E=none"

results=$(mktemp -d "${TMPDIR:-/var/tmp}/fwd-guard-interrupted.XXXXXX")
lab=''
trap '[ -z "$lab" ] || kill "$lab" 2>/dev/null; rm -rf "$results"' EXIT
trap 'exit 130' INT TERM

# left: whatever a lab makes on its host, by the names of this one.
left() {
    grep -F "$run" /proc/self/mounts
    ip netns list | grep -F "fwdlab-$lab"
    find /sys/fs/cgroup -name "fwdlab-$lab-*"
    # The machines' processes are not of its group, but in a cgroup. A zombie is no process any more: whoever
    # inherited it has not asked for its status yet.
    ps -e -o pgid=,stat=,pid=,args= | awk -v lab="$lab" '$1 == lab && $2 !~ /^Z/'
    ls -d "$run" 2>/dev/null
}

boots() { grep -q 'is up on both' "$results/said" || ! kill -0 "$lab" 2>/dev/null; }
# What the packet counter says comes at its end: after the first traffic the next has begun when this is empty again.
under_traffic() { [ -e "$run/traffic.out" ] && [ ! -s "$run/traffic.out" ]; }
# The lab's directory names the process that it belongs to.
run_of() { grep -lx "$lab" "${FWDGUARD_LAB_CACHE:-/var/cache/fwd-guard-lab}"/run.*/pid 2>/dev/null | xargs -r dirname; }

set -m # a process group of its own, as at a terminal; and what is in the background ignores SIGINT else
./run.sh --without --results "$results" docker-restart >"$results/said" 2>&1 &
lab=$!
set +m
await 1200 boots
if ! kill -0 "$lab" 2>/dev/null; then
    wait "$lab"
    status=$?
    cat "$results/said"
    exit "$status"
fi
run=$(run_of)
await 60 grep -q 'containers do not reach each other' "$results/said" || die "the lab does not begin: $(cat "$results/said")"
await 60 under_traffic || die "docker-restart does not begin"
[ -n "$run" ] && [ -n "$(left)" ] || die "nothing is to be seen of a lab that runs"
kill -s INT -- "-$lab"
wait "$lab"
status=$?

wrong=0
expect() { "${@:2}" && good "$1" || { bad "$1" && wrong=1; }; }
left=$(left)
expect "it ends by SIGINT" test "$status" = 130
expect "no mount, network, cgroup, process or directory of it is left" test -z "$left"
for n in 1 2; do
    expect "node $n's journal is kept" grep -q 'Starting docker.service\|Started docker.service' "$results/debian13-vxlan-node$n.log"
    expect "of a machine that Ctrl-C has not reached" test -z "$(grep -F 'Stopped systemd-logind.service' "$results/debian13-vxlan-node$n.log")"
    expect "and its ruleset" grep -q '^:FORWARD DROP' "$results/debian13-vxlan-node$n.log"
done
[ "$wrong" = 0 ] || printf '%s\n' "left: $left" "$(tail -n 5 "$results/said")"
lab=''
exit "$wrong"
