# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# How the lab talks, and how it ends: 1 something is broken, 77 it cannot be tried here.

if [ -t 1 ]; then
    BOLD=$'\e[1m' RED=$'\e[31m' GREEN=$'\e[32m' YELLOW=$'\e[33m' PLAIN=$'\e[0m'
else
    BOLD='' RED='' GREEN='' YELLOW='' PLAIN=''
fi

say() { printf '%s[%4d s]%s %s\n' "$BOLD" "$SECONDS" "$PLAIN" "$*"; }
good() { printf '         %sok%s   %s\n' "$GREEN" "$PLAIN" "$*"; }
bad() { printf '         %sFAIL%s %s\n' "$RED" "$PLAIN" "$*"; }
note() { printf '         %s%s%s\n' "$YELLOW" "$*" "$PLAIN"; }

die() {
    printf '%slab: %s%s\n' "$RED" "$*" "$PLAIN" >&2
    exit 1
}

skip() {
    printf '%slab: skipped: %s%s\n' "$YELLOW" "$*" "$PLAIN" >&2
    exit 77
}

usage_error() {
    printf 'lab: %s (see --help)\n' "$*" >&2
    exit 64
}

# await SECONDS COMMAND...: until the command succeeds; false when time is up.
await() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}
