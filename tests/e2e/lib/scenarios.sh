# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How a scenario runs. A scenario is a file in scenarios/ that sets `about` and defines `event`, and
# where it needs to, what is preset in scenario_load. It runs twice: with what boot scripts do today
# and with fwd-guard, under the same traffic.

# scenario_load NAME
scenario_load() {
    about=''
    settle=1                 # seconds of traffic after the last event
    events=1                 # how many times
    damages=1                # that an event does on each node; 0: none, so that no packet may be lost either
    harmless=false           # true: today's way survives it too; measured, not required to break
    own_drop=false           # true: the other program itself drops everything meanwhile, whatever
                             # FORWARD says; judged by what comes after
    only_with=false          # true: means nothing without fwd-guard
    applies() { true; }      # may say why not, and return false
    setup() { :; }           # before the rules are inserted; a saved ruleset is made here
    event() { :; }           # NODE: the damage; called on one node, then on the other
    also() { true; }         # with fwd-guard, after the traffic: what else must hold
    cleanup() { :; }
    run_scenario() { scenario_under_traffic "$@"; } # PHASE NAME: for what fits no pattern
    # shellcheck source=/dev/null
    . "$LAB_DIR/scenarios/$1.sh"
}

# As Docker leaves it on a host where it was the one to switch forwarding on.
node_fresh() {
    on "$1" nft flush ruleset
    on "$1" sysctl -qw net.ipv4.ip_forward=0
    docker_restart "$1"
}

# scenario_run PHASE NAME: "without" or "with".
scenario_run() {
    local phase=$1 name=$2 why
    LAB_PHASE=$phase
    scenario_load "$name"
    if ! why=$(applies); then
        result "$phase" "$name" "-" "$about"
        note "$name: $why"
        return 0
    fi
    if [ "$phase" = without ] && $only_with; then
        result without "$name" "" "$about"
        return 0
    fi
    each node_fresh || die "Docker does not restart"
    run_scenario "$phase" "$name"
}

scenario_under_traffic() {
    local phase=$1 name=$2 i
    LAB_SINCE=$(date +%s)
    setup || die "$name: setup failed"
    if [ "$phase" = without ]; then
        each boot_script_run
    else
        await 20 each_in_place || scenario_failed "$name" "the rules are not in place before it begins"
    fi
    containers_reach || die "$name: containers cannot reach each other before it begins"
    traffic_start
    for ((i = 1; i <= events; ++i)); do
        traffic_mark "$i"
        scenario_event || die "$name: the event itself failed"
    done
    traffic_mark after
    sleep "$settle"
    traffic_stop
    "scenario_judge_$phase" "$name"
    cleanup
}

# One after the other: nodes do not share their processors, ours do. What damages nothing has no need to wait.
scenario_event() {
    if [ "$damages" = 0 ]; then each event; else event 1 && event 2; fi
}

each_in_place() { guard_once 1 && guard_once 2; }

scenario_words() {
    local lost sent
    lost=$(traffic_field lost) sent=$(traffic_field sent)
    if [ "$lost" = "$sent" ]; then
        echo "all $sent lost"
    elif $own_drop; then
        echo "$lost of $sent lost, $(traffic_field lost after) afterwards"
    else
        echo "$lost of $sent lost"
    fi
}

# Broken means that it stays broken.
scenario_judge_without() {
    result without "$1" "$(scenario_words)" "$about"
    if ! $harmless && [ $((10 * $(traffic_field lost after))) -lt $((8 * $(traffic_field sent after))) ]; then
        scenario_failed "$1" "does not break anything without fwd-guard: $(scenario_words)"
    else
        good "$1 without fwd-guard: $(scenario_words)"
    fi
}

scenario_judge_with() {
    local failures=$LAB_FAILED broken
    result with "$1" "$(scenario_words)" "$about"
    if ! broken=$(traffic_within); then
        cp "$LAB_RUN/traffic.out" "$LAB_RESULTS/$LAB_ROOT-$LAB_VARIANT-$1-traffic.txt"
        scenario_failed "$1" "with fwd-guard: $(scenario_words); $broken"
    fi
    # So many repairs in a row are a contest, which ends after a calm window.
    await 20 each_in_place || scenario_failed "$1" "the rules do not stand exactly once: $(guard_copies 1) / $(guard_copies 2)"
    also || scenario_failed "$1" "what else must hold does not"
    [ "$failures" != "$LAB_FAILED" ] || good "$1 with fwd-guard: $(scenario_words)"
}

# traffic_within: true if no event lost more than two packets a damage, and none was lost after the last. An event
# is not excused by others that lost less. What was under way when the first began is its own. Else says which did.
traffic_within() {
    awk -v events="$events" -v allowed="$((2 * 2 * damages))" -v own_drop="$own_drop" '
        { split($3, field, "="); lost = field[2] + 0; seen[$1] = 1 }
        $1 == "start" { underway = lost }
        $1 == 1 { lost += underway }
        $1 ~ /^[0-9]+$/ && own_drop != "true" && lost > allowed { say(lost " lost in event " $1 ", of " allowed " at most") }
        $1 == "after" && lost > 0 { say(lost " lost afterwards") }
        function say(words) { printf "%s%s", separator, words; separator = ", "; wrong = 1 }
        END {
            for (i = 1; i <= events; ++i) if (!(i in seen)) say("nothing was counted in event " i)
            if (!("after" in seen)) say("nothing was counted afterwards")
            exit wrong
        }' "$LAB_RUN/traffic.out"
}

scenario_failed() {
    LAB_FAILED=$((LAB_FAILED + 1))
    bad "$1: $2"
}
