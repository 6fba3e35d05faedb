# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`systemctl restart docker` with live-restore, ten times'
events=10
harmless=true
event() { docker_restart "$1"; }
