# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`ufw reload`'
setup() { each ufw_up; }
event() { on "$1" ufw reload >/dev/null; }
cleanup() { both ufw --force disable >/dev/null; }
