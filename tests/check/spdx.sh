#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every file names its licence in its first five lines, where its format has comments.
. "$(dirname "$0")/common.sh"

must_name_it()
{
    local file
    while IFS= read -r file; do
        case $file in
            LICENSE | *.md | *.json | *.svg | .clang-format | .editorconfig | .gitignore) ;;
            # Formats of Debian's own; packaging/debian/copyright speaks for them.
            packaging/debian/changelog | packaging/debian/copyright | packaging/debian/control) ;;
            packaging/debian/source/* | packaging/debian/*.lintian-overrides) ;;
            # Inputs of tests: what they hold is the test.
            tests/*/fixtures/* | tests/*/corpus/* | *.scenario | *.dict | *.shellcheckrc) ;;
            *) printf '%s\n' "$file" ;;
        esac
    done
}

project_files '*' | must_name_it | xargs -d '\n' awk '
    FNR == 1 { asked[++files] = FILENAME }
    /SPDX-License-Identifier: GPL-2\.0-or-later/ { named[FILENAME] = 1 }
    FNR == 5 { nextfile }
    END {
        for (i = 1; i <= files; ++i)
            if (!(asked[i] in named)) {
                print asked[i] ": no SPDX-License-Identifier in its first five lines"
                faults = 1
            }
        exit faults || !files
    }'
