# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`netfilter-persistent reload`, with a file saved before and with one saved now'
# The second file holds our own rules: restoring it must not make them two.
setup() { each save_ruleset /etc/iptables/rules.v4; }
event() {
    on "$1" netfilter-persistent reload >>"$LAB_RUN/persistent.log" 2>&1
    [ "$LAB_PHASE" = without ] || on "$1" netfilter-persistent save >>"$LAB_RUN/persistent.log" 2>&1
    on "$1" netfilter-persistent reload >>"$LAB_RUN/persistent.log" 2>&1
}
