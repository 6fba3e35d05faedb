# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`iptables-restore` of a saved file'
setup() { each save_ruleset /opt/lab/saved; }
event() { on "$1" iptables-restore /opt/lab/saved; }
