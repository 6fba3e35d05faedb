# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For sourcing: a throw-away Debian 12 root with everything that the package depends on.
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mirror=${FWDGUARD_MIRROR:-} # empty: what mmdebstrap knows
cache=${FWDGUARD_CACHE:-$checkout/build/cache}

skip()
{
    echo "skipped: $*"
    exit 77
}

# What else to print when an expectation is not met: the test may define its own.
on_failure()
{
    :
}

# expect WHAT COMMAND...: ends the test unless the command succeeds.
expect()
{
    local what=$1
    shift
    if "$@"; then
        echo "ok: $what"
    else
        echo "not ok: $what"
        on_failure
        exit 1
    fi
}

# expect_not WHAT COMMAND...: ends the test if the command succeeds.
expect_not()
{
    local what=$1
    shift
    if "$@"; then
        echo "not ok: $what"
        on_failure
        exit 1
    else
        echo "ok: $what"
    fi
}

# in_own_mounts SCRIPT ARGUMENT...: starts the script again where its mounts end with it.
in_own_mounts()
{
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    local tool
    for tool in mmdebstrap unshare nsenter systemd-nspawn; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
    if [ -z "${FWDGUARD_OWN_MOUNTS:-}" ]; then
        unshare --mount true 2>/dev/null || skip "no mount namespace can be made here"
        FWDGUARD_OWN_MOUNTS=yes exec unshare --mount "$@"
    fi
}

# The base is kept between runs as long as the package's dependencies stay the same.
make_base()
{
    local depends wanted
    depends=$(dpkg-deb -f "$1" Depends)
    wanted=$(sha256sum <<<"$depends" | cut -d ' ' -f 1)
    base=$cache/debian12
    if [ "$(cat "$base.made" 2>/dev/null || true)" = "$wanted" ]; then
        return 0
    fi
    rm -rf "$base" "$base.made"
    mkdir -p "$cache"
    mmdebstrap --quiet --variant=apt --aptopt='Acquire::Retries "3"' \
        --include=systemd,systemd-sysv,dbus,nftables,iptables,procps \
        --customize-hook="chroot \"\$1\" apt-get -q -y --no-install-recommends satisfy \"$depends\"" \
        bookworm "$base" ${mirror:+"$mirror"} >"$base.log" 2>&1 || {
        tail -n 5 "$base.log"
        rm -rf "$base"
        skip "no Debian 12 root could be made"
    }
    echo "$wanted" >"$base.made"
}

# make_root DEB_DIR: `root` becomes a writable copy of the base, with the package as /fwd-guard.deb.
make_root()
{
    local package
    package=$(find "$1" -name 'fwd-guard_*.deb')
    make_base "$package"
    scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/fwd-guard-package.XXXXXX")
    mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
    root=$scratch/root
    mount -t overlay overlay \
        -o "lowerdir=$base,upperdir=$scratch/upper,workdir=$scratch/work" "$root" ||
        { rm -rf "$scratch"; skip "no overlay can be mounted here"; }
    cp "$package" "$root/fwd-guard.deb"
}

# bring_installer: /packaging/install.sh in the root. What it calls to fetch what the build needs and to
# build takes minutes, and a network, and is tested elsewhere: here the package is there already.
bring_installer()
{
    mkdir "$root/packaging"
    cp "$checkout/packaging/install.sh" "$root/packaging/"
    touch "$root/packaging/build-dependencies.list"
    echo 'install_dependencies() { :; }' >"$root/packaging/dependencies.sh"
    printf '#!/bin/sh\necho /fwd-guard.deb\n' >"$root/packaging/build-deb.sh"
    chmod +x "$root/packaging/build-deb.sh"
}

# The mount is gone with the namespace, the copy here.
remove_root()
{
    umount -R "$root" 2>/dev/null || true
    rm -rf "$scratch/upper" "$scratch/work"
    rmdir "$scratch/root" "$scratch" 2>/dev/null || true
}
