# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`systemctl restart systemd-journald`, then `iptables -F FORWARD`'
event() { on "$1" systemctl restart systemd-journald && on "$1" iptables -w -F FORWARD; }
also() { await 5 guard_journal 1 "$LAB_SINCE" deleted >/dev/null && await 5 guard_journal 2 "$LAB_SINCE" deleted >/dev/null; }
