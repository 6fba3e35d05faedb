# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`firewall-cmd --reload`, iptables backend (drops everything while it reloads)'
own_drop=true
harmless=true # firewalld itself accepts what comes from a trusted zone, in FORWARD as well
setup() { each firewalld_up iptables; }
event() { firewalld_reload "$1"; }
cleanup() { both systemctl stop firewalld; }
