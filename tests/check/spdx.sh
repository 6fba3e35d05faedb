#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every file names its licence in its first five lines, where its format has comments.
. "$(dirname "$0")/common.sh"

faults=0
while IFS= read -r file; do
    case $file in
        LICENSE | *.md | *.json | *.svg | .clang-format | .editorconfig | .gitignore) continue ;;
        # Formats of Debian's own; packaging/debian/copyright speaks for them.
        packaging/debian/changelog | packaging/debian/copyright | packaging/debian/control) continue ;;
        packaging/debian/source/* | packaging/debian/*.dirs) continue ;;
        packaging/debian/*.lintian-overrides) continue ;;
        # Inputs of tests: what they hold is the test.
        tests/*/fixtures/* | tests/*/corpus/*) continue ;;
    esac
    if ! head -n 5 "$file" | grep -q 'SPDX-License-Identifier: GPL-2\.0-or-later'; then
        echo "$file: no SPDX-License-Identifier in its first five lines"
        faults=$((faults + 1))
    fi
done < <(project_files '*')
exit $((faults > 0))
