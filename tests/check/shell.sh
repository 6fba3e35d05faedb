#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No script gives shellcheck anything to say.
. "$(dirname "$0")/common.sh"
need shellcheck

# By its name or its first line.
scripts()
{
    local file
    while IFS= read -r file; do
        case $file in
            *.sh | packaging/debian/*.post*) echo "$file" ;;
            *.*) ;;
            *) if head -n 1 "$file" | grep -qE '^#!.*\b(ba|da)?sh\b'; then echo "$file"; fi ;;
        esac
    done < <(project_files '*')
    project_files '.ci/*'
}

scripts | sort -u | xargs -r shellcheck --external-sources --source-path=SCRIPTDIR --exclude=SC1091
