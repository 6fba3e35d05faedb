#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tidy.sh BUILD_DIR: clang-tidy over what ships. The tests are left out: Catch2's macros make most
# of the findings there, and each file costs many seconds.
build=$(cd "${1:?usage: tidy.sh BUILD_DIR}" && pwd)
. "$(dirname "$0")/common.sh"
need clang-tidy run-clang-tidy

if [ ! -f "$build/compile_commands.json" ]; then
    echo "no compile_commands.json in $build: configure with CMAKE_EXPORT_COMPILE_COMMANDS=ON"
    exit 1
fi
# -quiet still prints a line or two a file.
run-clang-tidy -quiet -j "$(nproc)" -p "$build" "^$root/(lib|daemon|ctl)/.*\.cpp\$" 2>/dev/null |
    sed 's/\x1b\[[0-9;]*m//g' | { grep -v -e '^clang-tidy' -e '^$' || true; }
