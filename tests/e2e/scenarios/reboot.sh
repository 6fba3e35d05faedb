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
    rule=$(milliseconds_between "$(seen_first "$forward")" "$(seen_first "$accept")")
    answer=$(milliseconds_between "$(seen_first "$accept")" "$(traffic_first_answer boot)")
    result "$phase" reboot "$rule ms, $answer ms" "$about"
    containers_find
    if [ "$phase" = without ]; then
        boot_unit_remove 2
    elif [ "$rule" -gt 100 ] || [ "$answer" -lt 0 ]; then
        scenario_failed reboot "with fwd-guard: rule $rule ms after FORWARD, first answer $answer ms after the rule"
        return
    fi
    good "reboot $phase fwd-guard: rule $rule ms after FORWARD, first answer $answer ms after the rule"
}
