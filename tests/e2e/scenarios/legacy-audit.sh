# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='the same with fwd-guard outside of the machines, hearing of it by audit'
only_with=true
setup() { guards_outside && each legacy_begin && await 10 containers_reach; }
event() { on "$1" iptables -w -F FORWARD; }
# The stream is one for both nodes: who hears of a change by the other's record, a moment before its own,
# cannot say who it was.
also() { each told_by_audit && { named 1 || named 2; }; }
cleanup() {
    guards_outside_end
    each legacy_end
    both systemctl start fwd-guard
}

told_by_audit() { guard_says "$1" '"mode": *"audit"'; }
named() { guard_says "$1" '"cmdline": *"iptables -w -F FORWARD"'; }
