# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='Docker on iptables-legacy: installed, then `iptables -F FORWARD`'
# A legacy table that was made cannot be unmade, and all other scenarios are to be without: so the part
# without fwd-guard is here, too. Broken from the start, as the seed has it, and then whole.
only_with=true
setup() {
    both systemctl stop fwd-guard
    each legacy_begin && ! containers_reach || return 1
    note "Docker on iptables-legacy without fwd-guard: containers do not reach each other"
    both systemctl start fwd-guard && await 10 containers_reach
}
event() { on "$1" iptables -w -F FORWARD; }
also() { each legacy_told; }
cleanup() { each legacy_end; }

legacy_told() { guard_says "$1" '"backend": *"legacy"'; }
