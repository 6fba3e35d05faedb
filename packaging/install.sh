#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From a checkout to a guarded host, in one command.
set -euo pipefail

usage()
{
    cat <<'END'
Usage: sudo packaging/install.sh [OPTION]

On Debian 12 or later: installs what the build needs, builds the Debian package, installs it, and
enables and starts fwd-guard.service. Where systemd does not run (a container, a CI machine) it
starts the daemon in the foreground with the shipped configuration instead. May be run again.

  --no-start  install only
  --check     run the unit tests while building
  --help      this text

Exit status: 0 done, 1 failed, 64 usage, 77 not root.
END
}

step()
{
    printf '==> %s\n' "$*"
}

fail()
{
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

start=yes
build_options=(--no-check)
for option in "$@"; do
    case $option in
        --no-start) start=no ;;
        --check) build_options=() ;;
        --help) usage; exit 0 ;;
        *) echo "install.sh: unknown option $option" >&2; usage >&2; exit 64 ;;
    esac
done
if [ "$(id -u)" -ne 0 ]; then
    echo "install.sh: installing packages needs root: sudo packaging/install.sh" >&2
    exit 77
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=packaging/dependencies.sh
. "$here/dependencies.sh"

start_service()
{
    step "enabling and starting fwd-guard.service"
    systemctl daemon-reload
    systemctl enable fwd-guard.service
    systemctl restart fwd-guard.service ||
        fail "the service did not start: journalctl -u fwd-guard.service says why"
    systemctl --no-pager --full status fwd-guard.service
    fwd-guardctl status ||
        step "not every rule is in place yet: one whose chain does not exist waits for it"
}

step "installing what the build needs"
install_dependencies "$here/build-dependencies.list" || fail "the build dependencies are missing"

step "building the Debian package"
# One line a compiled file, not the whole command.
export DEB_BUILD_OPTIONS="terse${DEB_BUILD_OPTIONS:+ $DEB_BUILD_OPTIONS}"
package=$("$here/build-deb.sh" ${build_options[@]+"${build_options[@]}"}) ||
    fail "the build failed: the lines above say where"

step "installing $package"
DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends --reinstall \
    --allow-downgrades -o APT::Sandbox::User=root \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install "$package" </dev/null ||
    fail "apt-get could not install $package"

if [ "$start" = no ]; then
    step "installed; start it with: systemctl enable --now fwd-guard.service"
elif [ -d /run/systemd/system ]; then
    start_service
else
    step "systemd does not run here: starting fwd-guard in the foreground with" \
        "/etc/fwd-guard/fwd-guard.json; Ctrl-C ends it and leaves the rules in place"
    exec /usr/sbin/fwd-guard
fi
