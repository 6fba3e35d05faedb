# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`systemctl kill -s KILL fwd-guard`, 100 times at random moments'
only_with=true
damages=0
event() { kill_guard "$1" 100; }
# The same, racing with damage: traffic may suffer until systemd has started it again, rules must not.
also() { each kill_amid_damage 10; }

# kill_guard NODE TIMES: each time it must have been restarted, which "active" alone does not show: that may still be
# said of the one that was killed.
kill_guard() {
    local i restarts
    restarts=$(guard_restarts "$1")
    for ((i = 1; i <= $2; ++i)); do
        sleep "0.0$((RANDOM % 100))"
        on "$1" systemctl kill -s KILL fwd-guard || return 1
        await 5 guard_restarted "$1" $((restarts + i)) || return 1
        guard_copies "$1" | awk '$1 > 1 { print; exit 1 }' || return 1
    done
}

guard_restarts() { on "$1" systemctl show -P NRestarts fwd-guard; }
guard_restarted() { [ "$(guard_restarts "$1")" = "$2" ] && guard_active "$1"; }

kill_amid_damage() {
    local i flush
    for ((i = 0; i < $2; ++i)); do
        on "$1" iptables -w -F FORWARD &
        flush=$!
        kill_guard "$1" 1 || return 1
        wait "$flush"
        await 5 guard_once "$1" || return 1
    done
}
