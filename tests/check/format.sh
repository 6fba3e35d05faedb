#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every C++ file is as clang-format would write it.
. "$(dirname "$0")/common.sh"
need clang-format

project_files '*.cpp' '*.hpp' | xargs -r clang-format --dry-run -Werror
