#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# completions.sh SHELL: that shell reads its completion files without complaint.
. "$(dirname "$0")/common.sh"
shell=${1:?usage: completions.sh bash|zsh|fish}
need "$shell"

seen=0
while IFS= read -r file; do
    "$shell" -n "$file"
    seen=$((seen + 1))
done < <(project_files "packaging/completions/$shell/*")
[ "$seen" -gt 0 ]
