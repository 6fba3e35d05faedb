# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The problem itself, and its end: Docker alone, then fwd-guard from its package.

SEED_ABOUT='Docker installed, nothing else: containers of two nodes'

seed_without() {
    docker0_reaches_docker0 || die "docker0 cannot reach docker0: the flannel path is not up"
    for n in 1 2; do
        on "$n" iptables -S FORWARD | grep -qx -e '-P FORWARD DROP' || die "FORWARD is not DROP on node $n"
    done
    own_drop=false
    traffic_start
    sleep 1
    traffic_stop
    result without seed "$(scenario_words)" "$SEED_ABOUT"
    [ "$(traffic_field lost)" = "$(traffic_field sent)" ] || die "containers reach each other: the lab does not show the problem"
    good "docker0 reaches docker0, containers do not reach each other: $(scenario_words)"
}

seed_with() {
    say "installing $(basename "$LAB_PACKAGE") on both nodes"
    each node_fresh
    each guard_install
    await 5 each_in_place || die "fwd-guard does not put its rules in place: $(on 1 fwd-guardctl status)"
    own_drop=false
    traffic_start
    sleep 1
    traffic_stop
    result with seed "$(scenario_words)" "$SEED_ABOUT"
    [ "$(traffic_field lost)" = 0 ] || die "containers do not reach each other with fwd-guard: $(scenario_words)"
    good "containers reach each other with fwd-guard: $(scenario_words)"
}
