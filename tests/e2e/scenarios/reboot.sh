# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='reboot: the rule after Docker has made FORWARD, the first answer of a container after the rule'
run_scenario() {
    local phase=$1 rule answer
    if [ "$phase" = without ]; then
        boot_script_run 1
        boot_unit_install 2
    fi
    machine_power_off 2
    network_rejoin "$LAB_VARIANT"
    ruleset_watch 2
    traffic_start
    traffic_mark boot
    machine_boot 2
    await 60 node_2_answers || scenario_failed reboot "no container of node 2 ever answers"
    sleep 1
    ruleset_unwatch
    traffic_stop
    local forward='chain ip filter FORWARD' accept='rule ip filter FORWARD .*iifname \(!= "docker0"\|"flannel[.01]*"\) oifname "docker0"'
    rule=$(microseconds_between "$(seen_first "$forward")" "$(seen_first "$accept")")
    answer=$(microseconds_between "$(seen_first "$accept")" "$(traffic_first_answer boot)")
    result "$phase" reboot "$(in_milliseconds "$rule"), $(in_milliseconds "$answer")" "$about"
    containers_find
    [ "$phase" = with ] || boot_unit_remove 2
    if [ "$phase" = without ] || reboot_well "$rule" "$answer"; then
        good "reboot $phase fwd-guard: $(reboot_words "$rule" "$answer")"
    else
        cp "$LAB_RUN/changes" "$LAB_RESULTS/$LAB_ROOT-$LAB_VARIANT-reboot-changes.txt"
        scenario_failed reboot "with fwd-guard: $(reboot_words "$rule" "$answer")"
    fi
}

# reboot_well RULE ANSWER: in microseconds, empty if it never came.
reboot_well() {
    [ -n "$1" ] && [ "$1" -ge 0 ] && [ "$1" -le 100000 ] && [ -n "$2" ] && [ "$2" -ge 0 ]
}

reboot_words() { echo "rule $(in_milliseconds "$1") after FORWARD, first answer $(in_milliseconds "$2") after the rule"; }
