# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the drivers begin with: where the lab is, and all its parts.
LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_SOURCE=$(cd "$LAB_DIR/../.." && pwd)
for part in "$LAB_DIR"/lib/*.sh; do
    # shellcheck source=/dev/null
    . "$part"
done
