#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# selftest.sh CASE: what the lab itself promises, without machines: that it ends as it should, and that its
# judgements can fail. Exit status: 0 it does, 1 not, 77 it cannot be tried here.
set -uo pipefail

# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/load.sh"

[ "$(id -u)" = 0 ] || skip "needs root"
# Whatever a case leaves mounted goes with it.
if [ -z "${FWDGUARD_SELFTEST:-}" ]; then
    unshare --mount true 2>/dev/null || skip "no mount namespace can be made here"
    FWDGUARD_SELFTEST=yes exec unshare --mount "$0" "$@"
fi

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/fwd-guard-selftest.XXXXXX")
trap 'umount -qR "$scratch/top" "$scratch"/cache-*/*/root 2>/dev/null; rm -rf "$scratch"' EXIT
wrong=0
expect() { "${@:2}" && good "$1" || { bad "$1" && wrong=1; }; }
expect_not() { ! "${@:2}" && good "$1" || { bad "$1" && wrong=1; }; }

# overlay_at DIR: on an overlay, which no other can have as its upper layer.
overlay_at() {
    mkdir -p "$scratch"/{lower,upper,work} "$1"
    mount -t overlay overlay -o "lowerdir=$scratch/lower,upperdir=$scratch/upper,workdir=$scratch/work" "$1" 2>/dev/null
}

# An extra layer whose apt-get takes for ever.
build_slowly() {
    PATH=$scratch/bin:$PATH
    mkdir -p "$LAB_CACHE" "$scratch/bin" "$(root_base debian13)/etc"
    printf '#!/bin/sh\n: >%s/building\nexec sleep 60\n' "$scratch" >"$scratch/bin/chroot"
    chmod +x "$scratch/bin/chroot"
    rm -f "$scratch/building"
    root_layer debian13 extra root_extend
}

# interrupted_build SIGNAL: to the whole process group, as Ctrl-C does; true if nothing stays mounted.
interrupted_build() {
    local build before
    LAB_CACHE=$scratch/cache-$1
    before=$(cat /proc/self/mounts)
    set -m # else what is in the background ignores SIGINT
    build_slowly >/dev/null 2>&1 &
    build=$!
    set +m
    await 10 test -e "$scratch/building" || return 1
    kill -s "$1" -- "-$build"
    wait "$build"
    [ "$(cat /proc/self/mounts)" = "$before" ]
}

case_interrupted_build() {
    overlay_at "$scratch/top" || skip "no overlay can be mounted here"
    umount "$scratch/top"
    local signal
    for signal in INT TERM; do
        expect "SIG$signal while a root is built leaves nothing mounted" interrupted_build "$signal"
    done
}

means() { (lab_need_means) >"$scratch/said" 2>&1; }

case_means() {
    LAB_TOOLS=$scratch/tools LAB_DAEMON=/bin/true LAB_CACHE=$scratch/cache
    mkdir -p "$LAB_TOOLS"
    cp /bin/true "$LAB_TOOLS/probe" && cp /bin/true "$LAB_TOOLS/tunnel" && cp /bin/true "$LAB_TOOLS/audit"
    means || skip "$(cat "$scratch/said")"
    expect "a trial leaves nothing behind" test -z "$(ls -A "$LAB_CACHE")"
    overlay_at "$scratch/top" || skip "no overlay can be mounted here"
    LAB_CACHE=$scratch/top/cache
    means
    expect "without an overlay it is skipped" test $? = 77
    expect "with the reason" grep -q "skipped: no overlay can be mounted in $LAB_CACHE" "$scratch/said"
}

# holds SCENARIO LINE...: how the windows that the packet counter reports are judged, with fwd-guard.
holds() {
    LAB_FAILED=0 LAB_PHASE=with LAB_RUN=$scratch LAB_RESULTS=$scratch LAB_ROOT=none LAB_VARIANT=none
    scenario_load "$1"
    also() { true; }
    each_in_place() { true; }
    result() { :; }
    printf '%s\n' "${@:2}" >"$LAB_RUN/traffic.out"
    scenario_judge_with "$1" >/dev/null
    [ "$LAB_FAILED" = 0 ]
}

# windows LOST...: the lines of as many windows, the last of them after the events.
windows() {
    local i=0 lost
    for lost in "$@"; do
        case $i in 0) printf start ;; $(($# - 1))) printf after ;; *) printf '%d' "$i" ;; esac
        printf ' sent=500 lost=%d outage_ms=0 first_answer=1\n' "$lost"
        i=$((i + 1))
    done
}

judged() {
    local lines
    mapfile -t lines < <(windows "${@:2}")
    holds "$1" "${lines[@]}"
}

case_windows() {
    expect "two packets for the damage on either node are allowed" judged flush 0 4 0
    expect_not "five are not" judged flush 0 5 0
    expect "what was under way before it counts as well" judged flush 1 3 0
    expect_not "so that no more are allowed" judged flush 1 4 0
    expect_not "none may be lost afterwards" judged flush 0 0 1
    expect "each of ten events may lose as many" judged docker-restart 0 4 4 4 4 4 4 4 4 4 4 0
    expect_not "no event may lose what the others have not" judged docker-restart 0 0 0 0 5 0 0 0 0 0 0 0
    expect_not "nor may one of five" judged docker-network 0 0 0 20 0 0 0
    expect_not "where nothing is damaged nothing may be lost" judged kill 0 1 0
    expect_not "nor before" judged kill 1 0 0
    expect_not "an upgrade damages nothing" judged upgrade 0 0 1 0
    expect "what a firewall itself drops meanwhile is not counted" judged firewalld-nftables 0 200 0
    expect_not "what is lost afterwards is" judged firewalld-nftables 0 200 1
    expect_not "a counter that reports nothing has shown nothing" holds flush ""
    expect_not "nor has one without the event" judged flush 0 0
}

# A machine with the rules $copies, whose fwd-guard is killed, and whose systemd does with it as $systemd says.
on() {
    case "$*" in
    *'systemctl kill'*) case $systemd in refuses) return 1 ;; restarts) echo "$(($(<"$scratch/restarts") + 1))" >"$scratch/restarts" ;; esac ;;
    *'NRestarts'*) cat "$scratch/restarts" ;;
    *is-active*) true ;;
    *iptables-save*) printf -- '-A FORWARD -m comment --comment "fwd-guard:%s"\n' "${copies[@]}" ;;
    *) bad "what is this? $*" && false ;;
    esac
}

killed() {
    systemd=$1 copies=("${@:2}")
    echo 7 >"$scratch/restarts"
    scenario_load kill
    await() { local i; for i in 1 2 3; do "${@:2}" && return; done; return 1; }
    kill_guard 1 3 >/dev/null
}

case_kill() {
    expect "three kills and three restarts are well" killed restarts a b
    expect_not "a kill that no restart follows is not" killed sleeps a b
    expect_not "a kill that does not happen is not" killed refuses a b
    expect_not "two copies of a rule are not" killed restarts a b a
}

case_reboot() {
    scenario_load reboot
    expect "within a tenth of a second, and before the first answer" reboot_well 100000 0
    expect_not "not a microsecond later" reboot_well 100001 1000
    expect_not "not without FORWARD, or without the rule" reboot_well "" 1000
    expect_not "not without an answer" reboot_well 1000 ""
    expect_not "not after the first answer, however little" reboot_well 1000 -400
    expect "a time is told in microseconds" test "$(microseconds_between 1700000000.000100 1700000001.000000)" = 999900
    expect "also when it is negative" test "$(microseconds_between 1700000000.000400 1700000000.000000)" = -400
    expect "what never happened has none" test -z "$(microseconds_between "" 1700000000.000000)$(microseconds_between 1700000000.5 0.000000)"
}

# What the journal of a machine has: TIME WORDS a line; asked as guard_journal asks.
case_journald() {
    scenario_load journald-restart
    LAB_RUN=$scratch LAB_SINCE=100
    local line='to-docker0: table ip filter deleted by nft; back at head after 2 s'
    guard_journal() { awk -v since="$2" '$1 >= since' "$scratch/journal" | grep -e "${3:-}"; }
    await() { "${@:2}"; }
    each() { "$1" 1 "${@:2}" && "$1" 2 "${@:2}"; }
    on() { :; }
    date() { echo 103.5; }
    echo "100.5 $line" >"$scratch/journal"
    event 1 && event 2
    expect_not "what was said before the restart is no log that came back" also
    echo '102 to-docker0: deleted from ip filter FORWARD by iptables; back at head after 60 us' >>"$scratch/journal"
    expect_not "whatever it says" also
    echo '104 to-docker0: deleted from ip filter FORWARD by iptables; back at head after 60 us' >>"$scratch/journal"
    expect "what is said after it is" also
}

[ "$(type -t "case_${1:-}")" = function ] || usage_error "selftest.sh wants one of: $(declare -F | sed -n 's/^declare -f case_//p' | paste -sd' ')"
"case_$1"
exit "$wrong"
