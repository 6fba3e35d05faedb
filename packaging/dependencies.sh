# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For sourcing: how install.sh and tests/run.sh read the dependency lists and call apt.

# join_dependencies FILE...: the lists as one line in the form of debian/control.
join_dependencies()
{
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@" | paste -sd, -
}

# install_dependencies FILE...: apt-get satisfy, with the package lists brought up to date first.
install_dependencies()
{
    export DEBIAN_FRONTEND=noninteractive
    if ! command -v apt-get >/dev/null; then
        echo "no apt-get here: this is for Debian 12 and later; install what $* name by hand" >&2
        return 1
    fi
    if ! apt-get -q -o Acquire::Retries=3 update </dev/null; then
        echo "apt-get update failed: are the network and /etc/apt/sources.list in order?" >&2
        return 1
    fi
    if ! apt-get -q -y -o Acquire::Retries=3 --no-install-recommends \
        satisfy "$(join_dependencies "$@")" </dev/null; then
        echo "apt-get could not install the packages named in: $*" >&2
        return 1
    fi
}
