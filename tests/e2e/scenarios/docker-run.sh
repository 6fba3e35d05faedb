# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`docker run --rm`, five times'
events=5
harmless=true
event() { on "$1" docker run --rm lab /bin/busybox true; }
