# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`iptables -F FORWARD`'
event() { on "$1" iptables -w -F FORWARD; }
