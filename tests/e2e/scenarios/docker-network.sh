# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`docker network create` and `rm`, five times'
events=5
harmless=true
event() { on "$1" docker network create lab >/dev/null && on "$1" docker network rm lab >/dev/null; }
