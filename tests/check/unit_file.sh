#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# unit_file.sh BUILD_DIR verify|security: the unit as `cmake --install` leaves it is understood whole
# by systemd, or has an exposure of at most 1.5, and less with the drop-in no-legacy.conf.
build=$(cd "${1:?usage: unit_file.sh BUILD_DIR verify|security}" && pwd)
. "$(dirname "$0")/common.sh"
need systemd-analyze
limit=15 # tenths

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
DESTDIR=$scratch cmake --install "$build" >/dev/null
unit=$(find "$scratch" -name fwd-guard.service -path '*/system/*')
if [ -z "$unit" ]; then
    echo "cmake --install left no fwd-guard.service"
    exit 1
fi

drop_in=$(find "$scratch" -name no-legacy.conf)

# Commands must exist for systemd-analyze, and the targets that every unit needs.
verify()
{
    local host=/usr/lib/systemd/system
    [ -f $host/sysinit.target ] || host=/lib/systemd/system
    local program
    mkdir -p "$scratch/usr/lib/systemd/system"
    cp -n "$unit" "$scratch/usr/lib/systemd/system/"
    if [ -n "${1:-}" ]; then
        install -D -m 644 -t "$scratch/etc/systemd/system/fwd-guard.service.d" "$1"
    fi
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

# exposure UNIT: in tenths.
exposure()
{
    systemd-analyze security --offline=true --no-pager "$1" 2>&1 |
        sed -n 's/.*Overall exposure level.* \([0-9]*\)\.\([0-9]\) .*/\1\2/p'
}

security()
{
    local shipped without
    mkdir "$scratch/both"
    cat "$unit" "$drop_in" >"$scratch/both/fwd-guard.service"
    shipped=$(exposure "$unit")
    without=$(exposure "$scratch/both/fwd-guard.service")
    echo "exposure in tenths: $shipped as shipped, $without with no-legacy.conf"
    [ "$shipped" -le "$limit" ] && [ "$without" -lt "$shipped" ]
}

case ${2:-} in
    verify) verify && verify "$drop_in" ;;
    security) security ;;
    *) echo "unit_file.sh: verify or security?"; exit 64 ;;
esac
