#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every JSON file parses, but for the deliberately bad ones.
. "$(dirname "$0")/common.sh"
need python3

project_files '*.json' | { grep -v -e /fixtures/ -e /corpus/ -e /bad/ || true; } |
    xargs -r python3 tests/check/parse_json.py
