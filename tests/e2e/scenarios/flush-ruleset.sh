# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`nft flush ruleset`, then Docker is restarted, FORWARD set to DROP'
# Docker itself sets the policy only when it switches forwarding on, which is long done here.
event() {
    on "$1" nft flush ruleset && docker_restart "$1" && on "$1" iptables -w -P FORWARD DROP
}
