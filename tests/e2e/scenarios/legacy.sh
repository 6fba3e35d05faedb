# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='Docker on iptables-legacy: installed, then `iptables -F FORWARD`'
setup() {
    each legacy_begin || return 1
    # Broken from the start, as the seed has it, and whole as soon as fwd-guard has seen the tables.
    if [ "$LAB_PHASE" = without ]; then
        ! containers_reach
    else
        await 10 containers_reach
    fi
}
event() { on "$1" iptables -w -F FORWARD; }
also() { each legacy_told; }
cleanup() { each legacy_end; }

legacy_told() { on "$1" fwd-guardctl status --json | grep -q '"backend": *"legacy"'; }
