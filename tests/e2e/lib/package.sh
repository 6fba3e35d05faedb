# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Our Debian package, built for the release that it is installed on.

LAB_PACKAGE_PARTS=(CMakeLists.txt CMakePresets.json cmake config ctl daemon lib packaging systemd)

# package_need ROOT: sets LAB_PACKAGE. $FWDGUARD_DEB names a ready one, packaging/build-deb.sh may have
# left one for the host's own release; else it is built in a throw-away copy of the root, without a
# network, and kept until a source file changes.
package_need() {
    local root=$1
    if [ -n "${FWDGUARD_DEB:-}" ]; then
        [ -f "$FWDGUARD_DEB" ] || die "no such package: $FWDGUARD_DEB"
        LAB_PACKAGE=$FWDGUARD_DEB
        return
    fi
    LAB_PACKAGE=$(package_of_host "$root")
    [ -z "$LAB_PACKAGE" ] || return 0
    package_place "$root"
    if [ ! -f "$LAB_PACKAGE" ]; then
        say "building the package for $root"
        package_built "$root"
    fi
}

# package_test ROOT REPORTS: builds it anew, with the unit and model tiers, which leave tier.log and tier.xml
# in REPORTS, and without a warning. Who needs the package afterwards finds it.
package_test() {
    package_place "$1"
    say "building and testing the package for $1"
    package_built "$1" "$2"
}

# package_built ROOT [REPORTS]: or it is the end.
package_built() {
    rm -f "$LAB_CACHE/package-$1-"*.deb
    package_build "$@" >"$LAB_CACHE/package-$1.log" 2>&1 ||
        die "the package does not build for $1: $LAB_CACHE/package-$1.log ends with
$(tail -n 15 "$LAB_CACHE/package-$1.log")"
}

# package_place ROOT: sets LAB_PACKAGE to where a build leaves it.
package_place() {
    local key
    key=$({ package_sources | (cd "$LAB_SOURCE" && xargs -0 sha256sum); root_layers "$1"; } | sha256sum | cut -c1-10)
    LAB_PACKAGE=$LAB_CACHE/package-$1-$key.deb
}

# package_of_host ROOT: the one in build/deb, if it is for this release and newer than all sources.
package_of_host() {
    local package
    [ "$(. /etc/os-release && echo "${ID:-}-${VERSION_CODENAME:-}")" = "debian-$(root_suite "$1")" ] || return 0
    package=$(find "$LAB_SOURCE/build/deb" -name 'fwd-guard_*.deb' 2>/dev/null | tail -n 1)
    [ -n "$package" ] || return 0
    [ -n "$(package_sources | (cd "$LAB_SOURCE" && xargs -0 -I{} find {} -newer "$package"))" ] || echo "$package"
}

# Names, separated by NUL, relative to the source directory.
package_sources() {
    (cd "$LAB_SOURCE" && find "${LAB_PACKAGE_PARTS[@]}" README.md CHANGELOG.md LICENSE tests/CMakeLists.txt \
        -type f -print0 2>/dev/null) | sort -z
}

# package_build ROOT [REPORTS]: with a folder for reports it is tested as well, and judged by lintian.
package_build() {
    local root=$1 reports=${2:-} dir=$LAB_RUN/package built status=0
    mkdir -p "$dir"/{upper,work,root}
    mount -t overlay overlay -o "lowerdir=$(root_layers "$root"),upperdir=$dir/upper,workdir=$dir/work" "$dir/root" || return 1
    mkdir "$dir/root/source" "$dir/root/output"
    { package_sources && (cd "$LAB_SOURCE" && find tests -type f ! -path tests/CMakeLists.txt -print0); } |
        tar -C "$LAB_SOURCE" --null --files-from=- -c | tar -C "$dir/root/source" -x
    # Without a network, but among the host's processes: some tests look real ones up.
    unshare --mount --net bash -euc "$(declare -f package_enter)"'; package_enter "$@"' - "$dir/root" "$reports" \
        </dev/null || status=1
    built=$(find "$dir/root/output" -name 'fwd-guard_*.deb')
    [ "$status" = 0 ] && mv "$built" "$LAB_PACKAGE"
    package_abandon
    [ -f "$LAB_PACKAGE" ]
}

# package_enter ROOT_DIR REPORTS: in namespaces of its own, with which its mounts go.
package_enter() {
    local dir=$1 options=(--no-check)
    # What is set for the host's builds (CMAKE_CXX_COMPILER_LAUNCHER=ccache) is not there.
    unset "${!CMAKE_@}"
    mount --bind "$dir" "$dir" # a mount point, so that tests can make their mounts private
    mount -t proc proc "$dir/proc"
    mount --rbind /dev "$dir/dev"
    mkdir -p "$dir/run/systemd" "$dir/reports" # there on every machine; tests mount over it
    if [ -n "$2" ]; then
        mount --bind "$2" "$dir/reports"
        options=()
        export FWDGUARD_REPORTS=/reports
    fi
    export LC_ALL=C.UTF-8
    chroot "$dir" /source/packaging/build-deb.sh "${options[@]}" --output /output
    [ -z "$2" ] || chroot "$dir" /source/tests/package/lintian.sh /output
}

# package_abandon: nothing of a build stays, finished or not.
package_abandon() {
    local dir=$LAB_RUN/package
    if mountpoint -q "$dir/root" 2>/dev/null; then umount "$dir/root" || umount -l "$dir/root"; fi
    rm -rf "$dir"
}
