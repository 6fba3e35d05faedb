# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`firewall-cmd --reload`, nftables backend (drops everything while it reloads)'
own_drop=true
harmless=true # or not: it depends on how this version of Docker puts its rules back
setup() { each firewalld_up nftables; }
event() { firewalld_reload "$1"; }
cleanup() { both systemctl stop firewalld; }
