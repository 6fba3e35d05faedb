#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# unit_file.sh BUILD_DIR verify|security: the unit as `cmake --install` leaves it is understood whole
# by systemd, or has an exposure of at most 1.5.
build=$(cd "${1:?usage: unit_file.sh BUILD_DIR verify|security}" && pwd)
. "$(dirname "$0")/common.sh"
need systemd-analyze
limit=1.5

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
DESTDIR=$scratch cmake --install "$build" >/dev/null
unit=$(find "$scratch" -name fwd-guard.service -path '*/system/*')
if [ -z "$unit" ]; then
    echo "cmake --install left no fwd-guard.service"
    exit 1
fi

# Commands must exist for systemd-analyze, and the targets that every unit needs.
verify()
{
    local host=/usr/lib/systemd/system
    [ -f $host/sysinit.target ] || host=/lib/systemd/system
    local program
    mkdir -p "$scratch/usr/lib/systemd/system"
    cp -n "$unit" "$scratch/usr/lib/systemd/system/"
    cp -n $host/*.target $host/*.slice $host/dbus.socket "$scratch/usr/lib/systemd/system/" \
        2>/dev/null || true
    while read -r program; do
        case $program in
            */fwd-guard) ;;
            *) install -D -m 755 /dev/null "$scratch$program" ;;
        esac
    done < <(sed -n 's/^Exec[A-Za-z]*=[-+!@:]*\([^ ]*\).*/\1/p' "$unit")
    local said
    said=$(systemd-analyze verify --man=no --root="$scratch" fwd-guard.service 2>&1) || {
        echo "$said"
        return 1
    }
    # Silent about ours; what the host's own targets miss in the bare root is not our matter.
    if grep -i fwd-guard <<<"$said"; then
        return 1
    fi
}

security()
{
    systemd-analyze security --offline=true --no-pager "$unit" >"$scratch/security" 2>&1
    tail -n 1 "$scratch/security"
    awk -v limit="$limit" '/Overall exposure level/ {
        for (i = 1; i <= NF; ++i) if ($i ~ /^[0-9.]+$/) { found = 1; if ($i > limit) exit 1 }
        exit !found
    }' "$scratch/security"
}

case ${2:-} in
    verify) verify ;;
    security) security ;;
    *) echo "unit_file.sh: verify or security?"; exit 64 ;;
esac
