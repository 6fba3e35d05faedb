# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`systemctl restart dbus`, then `iptables -F FORWARD`'
event() { on "$1" systemctl restart dbus && on "$1" iptables -w -F FORWARD; }
also() { await 15 guard_on_bus 1 && await 15 guard_on_bus 2; }
