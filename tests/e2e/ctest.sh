#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What CTest calls: ctest.sh ROOT VARIANT [SCENARIO...]. Debian 13 over VXLAN always runs; the rest
# of the matrix takes its time and is asked for with E2E=all, all of it is left out with E2E=none.
# What would begin after E2E_UNTIL, in seconds since 1970, of all but Debian 13 over VXLAN, is skipped.
root=$1 variant=$2
shift 2
case ${E2E:-}:$root:$variant in
none:*) echo "skipped: E2E=none" && exit 77 ;;
*:debian13:vxlan) ;;
all:*)
    [ "$(date +%s)" -lt "${E2E_UNTIL:-9999999999}" ] ||
        { echo "skipped: no time is left for $root over $variant" && exit 77; }
    ;;
*) echo "skipped: E2E=all runs $root over $variant" && exit 77 ;;
esac
exec "$(dirname "$0")/run.sh" --root "$root" --variant "$variant" --results "$FWDGUARD_LAB_RESULTS" "$@"
