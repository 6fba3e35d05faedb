#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The package's Build-Depends are the list that install.sh installs, but for build-essential, which
# goes without saying in a control file.
. "$(dirname "$0")/common.sh"

in_control()
{
    sed -n '/^Build-Depends:/,/^[A-Z]/p' packaging/debian/control | grep '^ ' |
        sed -e 's/^ *//' -e 's/,$//' -e 's/ <!nocheck>//' | sort
}

in_list()
{
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -e '/^build-essential$/d' \
        packaging/build-dependencies.list | sort
}

diff -u --label packaging/debian/control <(in_control) \
    --label packaging/build-dependencies.list <(in_list)
