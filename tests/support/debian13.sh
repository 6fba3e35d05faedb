#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# debian13.sh REPORT_DIR: builds the unit and model tiers in a Debian 13 root, which is kept for the
# next time, and leaves unit.xml, unit.log, model.xml and model.log in REPORT_DIR.
# Exit status: 0 they ran, 77 cannot be done here (the reason is printed), else the build failed.
set -euo pipefail

report=$(cd "${1:?usage: debian13.sh REPORT_DIR}" && pwd)
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$checkout"
# shellcheck source=packaging/dependencies.sh
. packaging/dependencies.sh

mirror=${FWDGUARD_MIRROR:-} # empty: what mmdebstrap knows
cache=${FWDGUARD_CACHE:-$checkout/build/cache}
tree=$cache/debian13

skip()
{
    echo "    $*"
    exit 77
}

[ "$(id -u)" -eq 0 ] || skip "a Debian 13 root needs root"
for tool in mmdebstrap unshare chroot; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done
# All mounts end with a namespace of our own.
if [ -z "${FWDGUARD_OWN_MOUNTS:-}" ]; then
    unshare --mount true 2>/dev/null || skip "this machine lets nobody make a mount namespace"
    FWDGUARD_OWN_MOUNTS=yes exec unshare --mount "$checkout/tests/support/debian13.sh" "$report"
fi

# The root is good as long as the list it was made from is this one.
make_root()
{
    local wanted
    wanted=$(sha256sum packaging/build-dependencies.list | cut -d ' ' -f 1)
    if [ "$(cat "$cache/debian13.made" 2>/dev/null || true)" = "$wanted" ]; then
        return 0
    fi
    echo "    making a Debian 13 root in $tree"
    rm -rf "$tree" "$cache/debian13.made"
    mkdir -p "$cache"
    mmdebstrap --quiet --variant=apt --aptopt='Acquire::Retries "3"' \
        --aptopt='APT::Install-Recommends "false"' \
        --customize-hook="chroot \"\$1\" apt-get -q -y satisfy \"$(join_dependencies \
            packaging/build-dependencies.list)\"" \
        trixie "$tree" ${mirror:+"$mirror"} >"$report/root.log" 2>&1 || {
        tail -n 5 "$report/root.log"
        rm -rf "$tree"
        skip "no Debian 13 root could be made"
    }
    echo "$wanted" >"$cache/debian13.made"
}

make_root
# /run/systemd is there on every machine; the tests of the journal mount over it.
mkdir -p "$tree/src" "$tree/build" "$tree/report" "$tree/run/systemd"
# A mount point, so that tests in it can make its mounts private.
mount --bind "$tree" "$tree"
mount --bind "$checkout" "$tree/src"
mount -o remount,bind,ro "$tree/src"
mount --bind "$report" "$tree/report"
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
exec chroot "$tree" /src/tests/support/debian13_inside.sh
