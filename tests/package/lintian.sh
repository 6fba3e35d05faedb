#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lintian.sh DEB_DIR: lintian finds neither errors nor warnings in the package.
set -euo pipefail
if ! command -v lintian >/dev/null; then
    echo "skipped: lintian is not installed"
    exit 77
fi
# Not the .changes file: its remarks are about uploads to Debian.
lintian --no-cfg --allow-root --fail-on error,warning --tag-display-limit 0 "${1:?}"/*.deb
