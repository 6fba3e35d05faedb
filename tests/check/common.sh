# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For sourcing by the checks.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

# skip WHY: ends the check as skipped (SKIP_RETURN_CODE of its CTest test).
skip()
{
    echo "skipped: $*"
    exit 77
}

# need TOOL...: skips when one of them is not installed.
need()
{
    local tool
    for tool in "$@"; do
        if ! command -v "$tool" >/dev/null; then
            skip "$tool is not installed"
        fi
    done
}

# project_files PATTERN...: files that git tracks and that exist, or all but what is built.
project_files()
{
    local file
    if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
        git -c safe.directory='*' ls-files -- "$@"
    else
        find . \( -name build -o -name 'build-*' -o -name .git \) -type d -prune -o -type f -print |
            sed 's,^\./,,' | match_any "$@"
    fi | sort | while IFS= read -r file; do
        if [ -f "$file" ]; then printf '%s\n' "$file"; fi
    done
}

# match_any PATTERN...: of the names on stdin those that git ls-files would list for the patterns.
match_any()
{
    local file pattern
    while IFS= read -r file; do
        for pattern in "$@"; do
            # shellcheck disable=SC2254
            case $file in
                $pattern | "$pattern"/*) printf '%s\n' "$file"; break ;;
            esac
        done
    done
}
