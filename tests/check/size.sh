#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A file over 350 lines is listed in size.exceptions with its reason; the list holds nothing else.
. "$(dirname "$0")/common.sh"

limit=350
exceptions=tests/check/size.exceptions
faults=0

is_listed()
{
    grep -q "^$1: ..*" "$exceptions"
}

while IFS= read -r file; do
    lines=$(wc -l <"$file")
    if [ "$lines" -gt "$limit" ] && ! is_listed "$file"; then
        echo "$file: $lines lines; split it, or give its reason in $exceptions"
        faults=$((faults + 1))
    fi
done < <(project_files '*.cpp' '*.hpp' '*.sh' '*.py' '*.cmake' '*CMakeLists.txt' 'tests/*' \
    | grep -v -e /fixtures/ -e /corpus/)
while IFS=: read -r file _; do
    if [ ! -f "$file" ] || [ "$(wc -l <"$file")" -le "$limit" ]; then
        echo "$exceptions: $file is not over $limit lines: take it out"
        faults=$((faults + 1))
    fi
done < <(grep -v '^#' "$exceptions")
exit $((faults > 0))
