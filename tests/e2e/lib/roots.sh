# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Roots: the Debian trees that machines are started from, built once and cached. Nothing ever writes
# to a finished one; machines run on overlays above it.

LAB_CACHE=${FWDGUARD_LAB_CACHE:-/var/cache/fwd-guard-lab}
LAB_MIRROR=${FWDGUARD_LAB_MIRROR:-} # empty: what mmdebstrap knows
LAB_ROOTS=(debian12 debian13 sid)

# What the machines run and what the scenarios need. With our build dependencies, which bring the
# libraries as well, neither building nor installing our package needs a network later.
LAB_PACKAGES=(
    systemd systemd-sysv dbus polkitd iproute2 iptables nftables procps iputils-ping docker.io busybox-static
    iptables-persistent netfilter-persistent firewalld python3 ucf
    build-essential fakeroot
)

root_suite() {
    case $1 in
    debian12) echo bookworm ;;
    debian13) echo trixie ;;
    sid) echo sid ;;
    *) die "no such root: $1 (there are: ${LAB_ROOTS[*]})" ;;
    esac
}

# root_packages ROOT: one package a line.
root_packages() {
    printf '%s\n' "${LAB_PACKAGES[@]}"
    # Docker's client became a package of its own after Debian 12.
    [ "$1" = debian12 ] || echo docker-cli
}

# In the form of debian/control, as apt-get satisfy takes it.
root_build_dependencies() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$LAB_SOURCE/packaging/build-dependencies.list" | paste -sd, -
}

# Two layers, each named after its recipe so that a stale one is not used: a bootstrapped release, and
# above it what packages are built and judged with, which changes more often.
root_base() { echo "$LAB_CACHE/$1-base-$({ root_packages "$1"; declare -f root_bootstrap root_trim; } | root_hash)"; }
root_extra() { echo "$LAB_CACHE/$1-extra-$({ root_base "$1"; root_build_dependencies; declare -f root_extend; } | root_hash)"; }
root_hash() { sha256sum | cut -c1-10; }

# root_layers ROOT: as the lowerdir= of an overlay.
root_layers() { echo "$(root_extra "$1"):$(root_base "$1")"; }

# root_need ROOT: builds it unless it is there. Several runs may ask at once; who uses a root keeps
# the lock shared, so that nobody replaces it meanwhile.
root_need() {
    local root=$1 lock
    mkdir -p "$LAB_CACHE"
    exec {lock}>"$LAB_CACHE/$root.lock"
    if [ ! -d "$(root_extra "$root")" ]; then
        flock "$lock"
        root_layer "$root" base root_bootstrap
        root_layer "$root" extra root_extend
    fi
    flock -s "$lock"
}

# root_layer ROOT KIND FUNCTION: builds one layer with FUNCTION ROOT DIR, unless it is there.
root_layer() {
    local root=$1 kind=$2 dir
    dir=$("root_$kind" "$root")
    [ ! -d "$dir" ] || return 0
    say "building the $root root, $kind layer (kept in $dir)"
    rm -rf "$LAB_CACHE/$root-$kind-"*
    in_own_mounts "$3" "$root" "$dir.partial" >"$LAB_CACHE/$root-$kind.log" 2>&1 ||
        skip "the $root root could not be built: $(tail -n 1 "$LAB_CACHE/$root-$kind.log")"
    mv "$dir.partial" "$dir"
}

# in_own_mounts FUNCTION ARGUMENT...: in a process with a mount namespace of its own, with which all that it
# and mmdebstrap mount is gone, however it ends.
in_own_mounts() {
    LAB_SOURCE=$LAB_SOURCE FWDGUARD_LAB_CACHE=$LAB_CACHE FWDGUARD_LAB_MIRROR=$LAB_MIRROR unshare --mount \
        bash -uo pipefail -c 'for part in "$0"/lib/*.sh; do . "$part"; done; "$@"' "$LAB_DIR" "$@"
}

root_bootstrap() {
    local root=$1 dir=$2 packages options=()
    packages=$(root_packages "$root" | paste -sd,)
    # The unstable mirror may be a frozen copy whose Release file has run out.
    [ "$root" = sid ] && options+=(--aptopt='Acquire::Check-Valid-Until "false"')
    # ufw and netfilter-persistent exclude each other: ufw lies beside as a package file.
    mmdebstrap --variant=apt --include="$packages" "${options[@]}" \
        --aptopt='APT::Install-Recommends "false"' \
        --essential-hook='echo iptables-persistent iptables-persistent/autosave_v4 boolean false | chroot "$1" debconf-set-selections' \
        --essential-hook='echo iptables-persistent iptables-persistent/autosave_v6 boolean false | chroot "$1" debconf-set-selections' \
        --customize-hook='mkdir -p "$1/opt/lab" && cd "$1/opt/lab" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download ufw' \
        --skip=cleanup/apt/lists \
        "$(root_suite "$root")" "$dir" ${LAB_MIRROR:+"$LAB_MIRROR"} || return 1
    root_trim "$dir"
}

# What would run at boot or wait for a network that a machine does not have.
root_trim() {
    local dir=$1
    chroot "$dir" systemctl -q disable firewalld netfilter-persistent docker.service docker.socket containerd nftables
    chroot "$dir" systemctl -q mask systemd-networkd-wait-online systemd-timesyncd systemd-resolved apt-daily.timer \
        apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer systemd-firstboot console-getty \
        systemd-modules-load
    echo "127.0.0.1 localhost" >"$dir/etc/hosts"
    rm -f "$dir"/var/cache/apt/archives/*.deb "$dir/etc/resolv.conf"
}

root_extend() {
    local root=$1 dir=$2 mount=$2.mount status=0
    rm -rf "$dir" "$mount"
    mkdir -p "$dir" "$mount"/{work,root}
    mount -t overlay overlay -o "lowerdir=$(root_base "$root"),upperdir=$dir,workdir=$mount/work" "$mount/root"
    cp /etc/resolv.conf "$mount/root/etc/resolv.conf"
    chroot "$mount/root" apt-get -q -y -o Acquire::Retries=3 satisfy "$(root_build_dependencies), lintian" || status=1
    rm -f "$mount/root"/var/cache/apt/archives/*.deb "$mount/root/etc/resolv.conf"
    umount "$mount/root" && rm -rf "$mount"
    return "$status"
}
