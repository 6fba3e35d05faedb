#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the Debian 13 root that debian13.sh made: /src is the checkout, read-only, /build is
# kept for the next time, /report goes back to the caller.
set -euo pipefail

export LC_ALL=C.UTF-8
# No optimization: this is about what compiles and holds there, and the build is the longest part.
cmake -S /src -B /build -G Ninja -DCMAKE_BUILD_TYPE=None -DFWDGUARD_WERROR=ON \
    -DFWDGUARD_TEST_TIERS="unit;model;fuzz" \
    >/report/configure.log 2>&1 || {
    cat /report/configure.log
    exit 1
}
cmake --build /build >/report/build.log 2>&1 || {
    tail -n 60 /report/build.log
    exit 1
}
for tier in unit model; do
    ctest --test-dir /build -L "^$tier\$" -j "$(nproc)" --output-on-failure \
        --output-junit "/report/$tier.xml" >"/report/$tier.log" 2>&1 || true
done
