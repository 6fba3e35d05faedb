#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A file over 350 lines is listed in size.exceptions with its reason; the list holds nothing else.
. "$(dirname "$0")/common.sh"

exceptions=tests/check/size.exceptions

sources()
{
    project_files '*.cpp' '*.hpp' '*.sh' '*.py' '*.cmake' '*CMakeLists.txt' |
        grep -v -e /fixtures/ -e /corpus/
}

sources | xargs -d '\n' awk -v exceptions="$exceptions" '
    FNR == 1 { seen[FILENAME] = 1 }
    { lines[FILENAME] = FNR }
    END {
        while ((getline line < exceptions) > 0)
            if (line !~ /^#/ && match(line, /: ..*/)) listed[substr(line, 1, RSTART - 1)] = 1
        for (file in seen)
            if (lines[file] > 350 && !(file in listed)) {
                print file ": " lines[file] " lines; split it, or give its reason in " exceptions
                faults = 1
            }
        for (file in listed)
            if (lines[file] <= 350) {
                print exceptions ": " file " is not over 350 lines: take it out"
                faults = 1
            }
        exit faults
    }'
