#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the Debian package from a copy, so that the checkout stays as it is.
set -euo pipefail

usage()
{
    cat <<'END'
Usage: packaging/build-deb.sh [--output DIR] [--no-check]

Builds the Debian package with dpkg-buildpackage and prints the path of the .deb.

  --output DIR  where the package goes (default: build/deb)
  --no-check    build without the unit tests
  --help        this text
END
}

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
output=$source_dir/build/deb
options=${DEB_BUILD_OPTIONS:-}
while [ $# -gt 0 ]; do
    case $1 in
        --output) output=${2:?--output wants a folder}; shift 2 ;;
        --no-check) options="${options:+$options }nocheck"; shift ;;
        --help) usage; exit 0 ;;
        *) echo "build-deb.sh: unknown option $1" >&2; usage >&2; exit 64 ;;
    esac
done
if ! command -v dpkg-buildpackage >/dev/null; then
    echo "build-deb.sh: dpkg-buildpackage is missing: apt-get install dpkg-dev" >&2
    exit 1
fi

# What git knows of, with changes not yet committed; without git everything but what is built.
list_files()
{
    cd "$source_dir"
    if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
        local file
        while IFS= read -r -d '' file; do
            if [ -e "$file" ]; then printf '%s\0' "$file"; fi
        done < <(git -c safe.directory='*' ls-files -z)
    else
        find . \( -name build -o -name 'build-*' -o -name .git \) -type d -prune -o -type f -print0
    fi
}

mkdir -p "$output"
output=$(cd "$output" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/fwd-guard-deb.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

tree=$scratch/fwd-guard
mkdir "$tree"
list_files | tar -C "$source_dir" --null --files-from=- -cf - | tar -C "$tree" -xf -
cp -r "$tree/packaging/debian" "$tree/debian"
(cd "$tree" && DEB_BUILD_OPTIONS="$options" dpkg-buildpackage -b -uc -us >&2)
rm -f "$output"/fwd-guard_*
mv "$scratch"/fwd-guard*.* "$output/"
ls "$output/fwd-guard_$(dpkg-parsechangelog -l "$tree/debian/changelog" -S Version)_"*.deb
